import RabbitMQ
import TestSupport
import Testing

/// What a node does to its clients that nobody can do to a node others use too: these tests share one of their own, one
/// after the other.
@Suite("Faults of the broker", .serialized, .nodeOfItsOwn)
enum FaultTests {
    /// Hands the node to a test: running, whatever the test before it left.
    static func withNode(_ body: (BrokerNode) async throws -> Void) async throws {
        let node = try #require(NodeOfItsOwn.node)
        try await node.start()
        try await body(node)
    }
}

/// Starts a node for a suite and all that is in it, and ends it after the last test.
struct NodeOfItsOwn: SuiteTrait, TestScoping {
    @TaskLocal fileprivate static var node: BrokerNode?

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await BrokerNode.with { node in
            try await Self.$node.withValue(node) { try await function() }
        }
    }
}

extension Trait where Self == NodeOfItsOwn {
    static var nodeOfItsOwn: Self { NodeOfItsOwn() }
}

extension BrokerNode {
    /// How a client finds it.
    func configuration(_ change: (inout ConnectionConfiguration) -> Void = { _ in }) throws -> ConnectionConfiguration {
        var configuration = try ConnectionConfiguration(uri: uri, connectionName: "fault-tests")
        change(&configuration)
        return configuration
    }

    /// A channel in confirm mode on a connection of its own, which is closed in the end.
    func withChannel<Result>(
        _ change: (inout ConnectionConfiguration) -> Void = { _ in },
        _ body: (Connection, Channel) async throws -> Result
    ) async throws -> Result {
        try await withConnection(configuration(change)) { connection in
            let channel = try await connection.openChannel()
            try await channel.enableConfirms()
            return try await body(connection, channel)
        }
    }

    /// Declares a durable queue that no other test uses.
    func declareQueue(_ name: String, type: String = "classic", arguments: FieldTable = [:]) async throws -> String {
        let queue = TestBroker.uniqueName(name)
        var arguments = arguments
        arguments["x-queue-type"] = .string(type)
        try await withChannel { _, channel in
            _ = try await channel.declare(QueueDeclaration(name: queue, arguments: arguments))
        }
        return queue
    }

    /// Takes all that is in a queue, in its order, and deletes it.
    func takeAll(from queue: String) async throws -> [Message] {
        try await withChannel { _, channel in
            let end = Message("end of \(queue)")
            let outcome = try await channel.publish(end, routingKey: queue, isMandatory: true)
            guard case .confirmed = outcome else {
                throw NeverHappened(description: "a last message went into \(queue): \(outcome)")
            }
            try await channel.setPrefetch(1000)
            var taken: [Message] = []
            for try await delivery in try await channel.consume(queue, consumerTag: "all") {
                if delivery.message == end { break }
                taken.append(delivery.message)
                try await channel.acknowledge(delivery)
            }
            try await channel.deleteQueue(queue)
            return taken
        }
    }
}
