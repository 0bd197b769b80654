import AsyncHTTPClient
import DataFactoryEmulator
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import Testing

/// Talks to an emulator that serves on a loopback port.
struct EmulatorClient: Sendable {
    static let subscription = "00000000-0000-4000-8000-00000000000a"
    static let factory =
        "/subscriptions/\(subscription)/resourceGroups/rg/providers/Microsoft.DataFactory/factories/adf"

    let baseURL: String
    let http: HTTPClient

    /// Sends a request; `path` begins with a slash.
    func send(
        _ method: HTTPMethod,
        _ path: String,
        token: String? = nil,
        headers: HTTPHeaders = [:],
        body: String? = nil,
        timeout: TimeAmount = .seconds(20)
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: baseURL + path)
        request.method = method
        request.headers = headers
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await http.execute(request, timeout: timeout)
        let bytes = try await response.body.collect(upTo: 64 * 1_048_576)
        return Reply(status: Int(response.status.code), headers: response.headers, body: String(buffer: bytes))
    }

    /// A call of the factory's, with the API version added.
    func call(
        _ method: HTTPMethod,
        _ path: String,
        id: String? = nil,
        headers: HTTPHeaders = [:],
        body: String? = nil,
        timeout: TimeAmount = .seconds(20)
    ) async throws -> Reply {
        var headers = headers
        if let id { headers.add(name: "x-ms-client-request-id", value: id) }
        let mark = path.contains("?") ? "&" : "?"
        let target = "\(Self.factory)/\(path)\(mark)api-version=2018-06-01"
        return try await send(method, target, token: await token(), headers: headers, body: body, timeout: timeout)
    }

    /// How many calls of a route ended in each way, or under `maximumInFlight` how many of each were under way at one
    /// time.
    func tally(_ route: String) async throws -> [String: Int] {
        try await send(.GET, "/emulator/stats")[route] as? [String: Int] ?? [:]
    }

    func createRun(
        _ pipeline: String = "plain",
        id: String? = nil,
        _ body: String = "{}",
        timeout: TimeAmount = .seconds(20)
    ) async throws -> Reply {
        try await call(.POST, "pipelines/\(pipeline)/createRun", id: id, body: body, timeout: timeout)
    }

    /// A good token for any client.
    func token(client: String = "client") async throws -> String {
        let form =
            "client_id=\(client)&client_secret=secret&grant_type=client_credentials"
            + "&scope=https%3A%2F%2Fmanagement.azure.com%2F.default"
        // The emulator's faults apply to tokens too, so a fault test asks for one before it sets them.
        let reply = try await send(.POST, "/tenant/oauth2/v2.0/token", body: form)
        return try #require(reply["access_token"] as? String)
    }

    /// Makes a call that has no answer, and gives it up once it has arrived, however slowly it does.
    func giveUp(
        _ call: @escaping @Sendable () async throws -> Reply,
        once hasArrived: @escaping @Sendable () async throws -> Bool
    ) async throws {
        try await withThrowingTaskGroup(of: Int?.self) { group in
            group.addTask { try await call().status }
            group.addTask {
                while try await !hasArrived() { await Task.yield() }
                return nil
            }
            let status = try await group.next() ?? nil
            #expect(status == nil, "it was answered")
            group.cancelAll()
        }
    }

    /// Every run there is.
    func runs() async throws -> [[String: Any]] {
        let reply = try await send(.GET, "/emulator/runs")
        return try #require(try JSONSerialization.jsonObject(with: Data(reply.body.utf8)) as? [[String: Any]])
    }

    func setFaults(_ json: String) async throws {
        let reply = try await send(.PUT, "/emulator/faults", body: json)
        try #require(reply.status == 200, "\(reply.body)")
    }
}

/// What came back.
struct Reply {
    var status: Int
    var headers: HTTPHeaders
    var body: String

    /// A member of the body's object.
    subscript(name: String) -> Any? {
        (try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])?[name]
    }

    /// The code of ARM's error body.
    var errorCode: String? { (self["error"] as? [String: Any])?["code"] as? String }

    var errorMessage: String? { (self["error"] as? [String: Any])?["message"] as? String }
}

/// Serves a scenario in this process for as long as the closure runs.
/// - Parameters:
///   - options: further members of the scenario, as JSON text that begins with a comma.
///   - folder: where the paths inside the scenario begin.
///   - tls: what to serve https with; nil serves http.
///   - clientTLS: whom the client trusts then.
func withEmulator(
    pipelines: String = #"{"name":"plain","durationSeconds":10}"#,
    options: String = #","writes":null,"reads":null"#,
    folder: String = ".",
    clock: EmulatorClock = .system,
    chance: @escaping @Sendable () -> Double = { 0.5 },
    tls: EmulatorTLS? = nil,
    clientTLS: TLSConfiguration? = nil,
    _ body: @Sendable (EmulatorClient) async throws -> Void
) async throws {
    let json = """
        {"factories":[{"subscriptionId":"\(EmulatorClient.subscription)","resourceGroup":"rg","name":"adf",
        "pipelines":[\(pipelines)]}]\(options)}
        """
    try await withEmulator(
        scenario: json,
        folder: folder,
        clock: clock,
        chance: chance,
        tls: tls,
        clientTLS: clientTLS,
        body
    )
}

/// Serves a whole scenario in this process for as long as the closure runs.
func withEmulator(
    scenario json: String,
    folder: String = ".",
    clock: EmulatorClock = .system,
    chance: @escaping @Sendable () -> Double = { 0.5 },
    tls: EmulatorTLS? = nil,
    clientTLS: TLSConfiguration? = nil,
    _ body: @Sendable (EmulatorClient) async throws -> Void
) async throws {
    let scenario = try Scenario(json: Array(json.utf8), folder: folder)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let emulator = Emulator(scenario: scenario, clock: clock, chance: chance, logger: logger)
    let (urls, continuation) = AsyncStream<String>.makeStream()
    // A hundred calls at once share eight connections, and on a busy machine the last of them waits: the calls' own
    // time-outs are what counts.
    let patient = HTTPClient.Configuration(tlsConfiguration: clientTLS, timeout: .init(connect: .seconds(60)))
    let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: patient)
    do {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { continuation.finish() }
                try await emulator.serve(host: "127.0.0.1", port: 0, tls: tls) { continuation.yield($0) }
            }
            var iterator = urls.makeAsyncIterator()
            let baseURL = try #require(await iterator.next())
            try await body(EmulatorClient(baseURL: baseURL, http: http))
            group.cancelAll()
        }
    } catch {
        try? await http.shutdown()
        throw error
    }
    try await http.shutdown()
}
