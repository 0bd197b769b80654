import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import TestSupport

/// The admin routes of an emulator, in this process or another.
struct EmulatorAdmin: Sendable {
    /// Where the emulator listens, without a slash at the end.
    let baseURL: String
    /// What speaks to it; another than the shared one where its certificate has to be trusted.
    var http: HTTPClient = .shared

    /// Every run, in order of creation.
    func runs() async throws -> [[String: Any]] {
        try await json("/emulator/runs", as: [[String: Any]].self)
    }

    /// Counts per route and outcome.
    func statistics() async throws -> [String: [String: Int]] {
        try await json("/emulator/stats", as: [String: [String: Int]].self)
    }

    /// How many requests a route has had, whatever came of them.
    func count(_ route: String) async throws -> Int {
        try await statistics()[route, default: [:]].values.reduce(0, +)
    }

    /// Replaces the faults.
    func setFaults(_ json: String) async throws {
        _ = try await send(.PUT, "/emulator/faults", body: json)
    }

    /// Forgets runs, faults and counts.
    func reset() async throws {
        _ = try await send(.POST, "/emulator/reset")
    }

    /// The JSON behind an admin route.
    func json<Value>(_ path: String, as type: Value.Type) async throws -> Value {
        let body = try await send(.GET, path)
        guard let value = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? Value else {
            throw NeverHappened(description: "\(path) answered \(type): \(body)")
        }
        return value
    }

    /// Sends a request, and gives the body of an answer that is no error.
    @discardableResult
    func send(_ method: HTTPMethod, _ path: String, body: String? = nil) async throws -> String {
        var request = HTTPClientRequest(url: baseURL + path)
        request.method = method
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await http.execute(request, timeout: .seconds(30))
        let text = String(buffer: try await response.body.collect(upTo: 256 << 20))
        guard (200..<300).contains(response.status.code) else {
            throw NeverHappened(description: "\(method) \(path) was accepted: \(response.status) \(text)")
        }
        return text
    }
}
