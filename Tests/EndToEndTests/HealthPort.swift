import Foundation
import FoundationNetworking
import TestSupport
import Testing

/// What a worker answered.
struct HTTPAnswer {
    var status: Int
    var text: String
    var type: String?

    /// What a probe was told.
    var reasons: [String] {
        let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return object?["reasons"] as? [String] ?? []
    }
}

/// A worker's HTTP port.
struct HealthPort {
    let number: UInt16

    init() async throws {
        number = try await freePort()
    }

    var setting: [String: String] { ["ADF_TRIGGER_HTTP_PORT": "\(number)"] }

    func get(_ path: String, method: String = "GET") async throws -> HTTPAnswer {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(number)\(path)")))
        request.httpMethod = method
        let (data, response) = try await URLSession.shared.data(for: request)
        let http = try #require(response as? HTTPURLResponse)
        return HTTPAnswer(
            status: http.statusCode,
            text: String(decoding: data, as: UTF8.self),
            type: http.value(forHTTPHeaderField: "Content-Type")
        )
    }

    func waitUntilReady() async throws {
        try await eventually("the worker is ready", within: .seconds(120)) {
            (try? await get("/readyz"))?.status == 200
        }
    }

    /// Waits until it is not ready for a reason that begins like this, and returns that.
    func waitUntilUnready(_ start: String) async throws -> String {
        var found: String?
        try await eventually("the worker is not ready: \(start)", within: .seconds(120)) {
            let answer = try await get("/readyz")
            guard answer.status == 503 else { return false }
            found = answer.reasons.first { $0.hasPrefix(start) }
            return found != nil
        }
        return try #require(found)
    }

    func metric(_ series: String) async throws -> Double? {
        let lines = try await get("/metrics").text.split(separator: "\n")
        return lines.first { $0.hasPrefix("\(series) ") }.flatMap { Double($0.dropFirst(series.count + 1)) }
    }

    /// The sum over all series of a metric.
    func sum(_ metric: String) async throws -> Double {
        let lines = try await get("/metrics").text.split(separator: "\n")
        return lines.filter { $0.hasPrefix("\(metric){") }
            .compactMap { Double($0[$0.index(after: $0.lastIndex(of: " ") ?? $0.startIndex)...]) }
            .reduce(0, +)
    }
}
