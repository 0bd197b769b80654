import Foundation
import FoundationNetworking
import RabbitMQ
import TestSupport

/// An emulator, workers and queues of their own, on the tests' RabbitMQ node.
final class Stage: Sendable {
    static let subscription = "11111111-2222-3333-4444-555555555555"
    static let factoryID =
        "/subscriptions/\(subscription)/resourceGroups/rg-test/providers/Microsoft.DataFactory/factories/adf-test"
    static let secret = "s3cret+/&=%~value"

    let emulator: Program
    let endpoint: String
    let environment: [String: String]
    let prefix: String
    let connection: Connection
    let channel: Channel
    private let folder: URL

    /// Starts the emulator and creates the queues.
    ///
    /// - Parameters:
    ///   - set: Added to the workers' environment.
    ///   - scenario: Added to the emulator's scenario: members of the object, such as `"dedupeSeconds":0`.
    ///   - pipelines: Further pipelines of the factory.
    ///   - uri: Where the broker is; the node of all tests where there is none.
    init(
        _ name: String,
        set: [String: String] = [:],
        scenario members: String = #""parameterCheck":"lenient""#,
        pipelines: [String] = [],
        uri: String? = nil
    ) async throws {
        let uri = try uri ?? TestBroker.uri()
        let prefix = TestBroker.uniqueName(name)
        self.prefix = prefix
        folder = FileManager.default.temporaryDirectory.appending(path: prefix)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let scenario = folder.appending(path: "scenario.json")
        try Data(Self.scenario(members, pipelines).utf8).write(to: scenario)
        try Data("targets:\n  nightly-load:\n    pipeline: ingest-orders\n".utf8)
            .write(to: folder.appending(path: "config.yaml"))

        emulator = try Program("adf-emulator", ["--port", "0", "--scenario", scenario.path])
        endpoint = try await Self.endpoint(of: emulator)
        var environment = [
            "ADF_TRIGGER_AMQP_URL": uri,
            "ADF_TRIGGER_AZURE_MANAGEMENT_ENDPOINT": endpoint,
            "AZURE_AUTHORITY_HOST": endpoint,
            "AZURE_TENANT_ID": "test-tenant",
            "AZURE_CLIENT_ID": "test-client",
            "AZURE_CLIENT_SECRET": Self.secret,
            "ADF_TRIGGER_AZURE_DEFAULT_SUBSCRIPTION_ID": Self.subscription,
            "ADF_TRIGGER_AZURE_DEFAULT_RESOURCE_GROUP": "rg-test",
            "ADF_TRIGGER_AZURE_DEFAULT_FACTORY": "adf-test",
            "ADF_TRIGGER_QUEUES_DELAY_SECONDS": "5",
            "ADF_TRIGGER_AZURE_WINDOW_SECONDS": "2",
        ]
        for queue in ["requests", "replies", "errors", "dead", "undeliverable", "delay"] {
            environment["ADF_TRIGGER_QUEUES_\(queue.uppercased())"] = "\(prefix).\(queue)"
        }
        self.environment = environment.merging(set) { $1 }
        connection = try await Connection.open(try ConnectionConfiguration(uri: uri))
        channel = try await connection.openChannel()
        try await channel.enableConfirms()
        let declared = try await Program.run("adf-trigger", ["topology", "declare"], environment: self.environment)
        guard declared.code == 0 else {
            throw NeverHappened(description: "the queues were created: \(declared.errors)")
        }
    }

    static func endpoint(of emulator: Program) async throws -> String {
        let mark = "listening on "
        try await eventually("the emulator listens") { emulator.outputSoFar.contains(mark) || !emulator.isRunning }
        guard let start = emulator.outputSoFar.range(of: mark) else {
            throw NeverHappened(description: "the emulator listens: \(emulator.errorsSoFar)")
        }
        return String(emulator.outputSoFar[start.upperBound...].prefix { !$0.isNewline })
    }

    /// Stops and removes everything.
    func end() async throws {
        try await emulator.stop()
        for queue in ["requests", "replies", "errors", "dead", "undeliverable", "delay.5"] {
            try await channel.deleteQueue("\(prefix).\(queue)")
        }
        await connection.close()
        try FileManager.default.removeItem(at: folder)
    }

    /// Starts a worker, and returns when it consumes.
    func startWorker(set: [String: String] = [:]) async throws -> Program {
        let worker = try launchWorker(set: set)
        try await eventually("the worker consumes") {
            guard worker.isRunning else { throw NeverHappened(description: "the worker runs: \(worker.errorsSoFar)") }
            return worker.errorsSoFar.contains("\"consuming\"")
        }
        return worker
    }

    /// Starts a worker.
    func launchWorker(set: [String: String] = [:]) throws -> Program {
        try Program("adf-trigger", ["work"] + configuration, environment: environment.merging(set) { $1 })
    }

    var configuration: [String] { ["--config", folder.appending(path: "config.yaml").path] }

    /// Writes a file that goes with the stage.
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let url = folder.appending(path: name)
        try Data(bytes).write(to: url)
        return url.path
    }

    // MARK: - Requests and replies

    /// Publishes a request the way an upstream system would.
    func publish(_ body: String, id: String?, change: (inout MessageProperties) -> Void = { _ in }) async throws {
        var message = Message(body: Array(body.utf8))
        message.properties.messageID = id
        message.properties.contentType = "application/json"
        message.properties.deliveryMode = .persistent
        change(&message.properties)
        let outcome = try await channel.publish(message, routingKey: "\(prefix).requests", isMandatory: true)
        guard case .confirmed = outcome else { throw NeverHappened(description: "the request was taken: \(outcome)") }
    }

    /// The next `count` messages of one of the stage's queues; they are taken out of it.
    func take(_ count: Int, from queue: String, within limit: Duration = .seconds(120)) async throws -> [Delivery] {
        let reading = try await connection.openChannel()
        try await reading.setPrefetch(2000)
        let name = queue.contains(".") ? queue : "\(prefix).\(queue)"
        let deliveries = try await reading.consume(name, consumerTag: "reader")
        let taken = await withTaskGroup(of: [Delivery]?.self) { group in
            group.addTask {
                var taken: [Delivery] = []
                do {
                    for try await delivery in deliveries {
                        taken.append(delivery)
                        try await reading.acknowledge(delivery)
                        if taken.count == count { break }
                    }
                } catch {
                    return nil
                }
                return taken
            }
            group.addTask {
                // The end of the wait, not a pause: the other task ends it earlier where all goes well.
                try? await Task.sleep(for: limit)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        // A channel that is closed may drop acknowledgements; behind the end of its consumer it has none left to drop.
        try? await reading.cancel(deliveries)
        _ = try? await reading.status(ofQueue: name)
        await reading.close()
        guard let taken, taken.count == count else {
            throw NeverHappened(description: "\(count) messages came on \(name), within \(limit)")
        }
        return taken
    }

    /// How many messages are ready on one of the stage's queues.
    func ready(_ queue: String) async throws -> Int {
        try await channel.reliableStatus(ofQueue: "\(prefix).\(queue)").readyCount
    }

    // MARK: - The emulator

    struct Run: Decodable {
        var runId: String
        var clientRequestId: String?
        var pipeline: String
    }

    func runs() async throws -> [Run] {
        try JSONDecoder().decode([Run].self, from: try await runsText())
    }

    func runsText() async throws -> Data {
        try await http("GET", "/emulator/runs")
    }

    /// How many calls of each route were answered in which way, and under `maximumInFlight` how many of each were under
    /// way at one time.
    func statistics() async throws -> [String: [String: Int]] {
        try JSONDecoder().decode([String: [String: Int]].self, from: try await http("GET", "/emulator/stats"))
    }

    func setFaults(_ json: String) async throws {
        _ = try await http("PUT", "/emulator/faults", body: json)
    }

    private func http(_ method: String, _ path: String, body: String? = nil) async throws -> Data {
        guard let url = URL(string: endpoint + path) else { throw NeverHappened(description: "\(path) is a URL") }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.httpBody = body.map { Data($0.utf8) }
        let (data, response) = try await URLSession.shared.data(for: request)
        guard (response as? HTTPURLResponse)?.statusCode == 200 else {
            throw NeverHappened(
                description: "\(method) \(path) was answered 200: \(response) \(String(decoding: data, as: UTF8.self))"
            )
        }
        return data
    }

    private static func scenario(_ members: String, _ pipelines: [String]) -> String {
        let more = pipelines.map { #",{"name":"\#($0)"}"# }.joined()
        return """
            {"tenants":[{"tenantId":"test-tenant","clientId":"test-client","clientSecret":"\(secret)"}],
             "writes":null,"reads":null,\(members),
             "factories":[{"subscriptionId":"\(subscription)","resourceGroup":"rg-test","name":"adf-test","pipelines":[
               {"name":"ingest-orders","parameters":{"batch":{"type":"Int","defaultValue":1}}},
               {"name":"name with spaces (and [brackets])"}\(more)]}]}
            """
    }
}

/// A reply or an error copy, read as JSON.
struct Answer {
    let json: [String: Any]
    let headers: FieldTable
    let properties: MessageProperties

    init(_ delivery: Delivery) throws {
        let object = try JSONSerialization.jsonObject(with: Data(delivery.message.body))
        guard let json = object as? [String: Any] else { throw NeverHappened(description: "the reply is an object") }
        self.json = json
        properties = delivery.message.properties
        headers = properties.headers ?? [:]
    }

    var status: String? { json["status"] as? String }
    var runID: String? { json["runId"] as? String }
    var attempts: Int? { json["attempts"] as? Int }
    var errorClass: String? { (json["error"] as? [String: Any])?["class"] as? String }
    var errorMessage: String? { (json["error"] as? [String: Any])?["message"] as? String }
}
