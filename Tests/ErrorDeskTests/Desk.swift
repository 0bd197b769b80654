import ErrorDesk
import Foundation
import RabbitMQ
import RabbitMQTesting
import TriggerWorker

/// An error desk at a broker in the same process.
struct Desk {
    static let target = Target(subscriptionID: "sub", resourceGroup: "rg", factory: "adf", pipeline: "load")

    let broker = InMemoryBroker()
    let desk: ErrorDesk
    let connection: Connection
    let channel: Channel

    /// - Parameters:
    ///   - user: Who puts entries there, as a worker would, and works at the desk.
    ///   - identity: What names a request.
    ///   - trust: Whose word counts for who published it.
    init(user: String = "guest", identity: IdentitySource = IdentitySource(), trust: CopyTrust? = nil) async throws {
        var configuration = broker.configuration()
        configuration.user = user
        connection = try await Connection.open(configuration)
        desk = ErrorDesk(
            over: connection,
            errors: "errors",
            requests: "requests",
            identity: identity,
            trust: trust
        )
        channel = try await connection.openChannel()
        try await channel.enableConfirms()
        try await channel.declare(QueueDeclaration(name: "errors", arguments: ["x-queue-type": "quorum"]))
        try await channel.declare(QueueDeclaration(name: "requests", arguments: ["x-queue-type": "quorum"]))
    }

    /// Puts an entry on the error queue.
    func park(
        _ id: String?,
        errorClass: String = "unavailable",
        code: String = "Unreachable",
        headers: FieldTable = [:],
        change: (inout Message) -> Void = { _ in }
    ) async throws {
        var message = Message(body: Array(#"{"target":"nightly"}"#.utf8))
        message.properties.messageID = id
        var all: FieldTable = [
            "error-class": .string(errorClass), "error-code": .string(code),
            "target": .string(Self.target.resourceID), "failed-at": "2026-11-24T01:00:00.000Z",
        ]
        for entry in headers.entries { all[entry.key] = entry.value }
        message.properties.headers = all
        change(&message)
        _ = try await channel.publish(message, routingKey: "errors", isMandatory: true)
    }

    /// The entries as they are read now.
    func entries(_ selection: Selection = .all) async throws -> [ErrorEntry] {
        try await desk.entries(selection)
    }

    /// The only entry, with its message.
    func only() async throws -> (ErrorEntry, Delivery)? {
        var found: (ErrorEntry, Delivery)?
        try await desk.read { entry, delivery in
            found = (entry, delivery)
            return false
        }
        return found
    }

    /// What is on a queue, by message id.
    func ids(on queue: String) -> [String?] { broker.messages(in: queue).map(\.properties.messageID) }
}

/// Data Factory, with the runs it is told of.
struct ScriptedLookup: RunLookup {
    var runs: Set<String> = []
    var failure: String?

    func run(_ runID: String, of target: Target) async throws(RunLookupFailure) -> KnownRun? {
        if let failure { throw RunLookupFailure(failure) }
        return runs.contains(runID) ? KnownRun(runID: runID, status: "Succeeded") : nil
    }
}

extension HomeRules {
    static func sample(_ lookup: ScriptedLookup? = ScriptedLookup(), bodyLimit: Int = 1000) -> HomeRules {
        HomeRules(
            bodyLimit: bodyLimit,
            policy: Policy(aliases: ["nightly": Desk.target], replyQueue: "replies"),
            lookup: lookup
        )
    }
}
