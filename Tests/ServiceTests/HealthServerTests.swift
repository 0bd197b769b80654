import Foundation
import FoundationNetworking
import Logging
import TestSupport
import Testing

@testable import TriggerWorker
@testable import adf_trigger

/// What an orchestrator that restarts what is stuck gets to see.
@Suite("Probes over HTTP", .timeLimit(.minutes(5)))
struct HealthServerTests {
    private static func get(_ path: String, _ port: UInt16) async throws -> (status: Int, text: String) {
        let url = try #require(URL(string: "http://127.0.0.1:\(port)\(path)"))
        let (data, response) = try await URLSession.shared.data(from: url)
        return (try #require(response as? HTTPURLResponse).statusCode, String(decoding: data, as: UTF8.self))
    }

    /// Serves a monitor, and does the body when it listens.
    private static func serving(
        _ monitor: HealthMonitor,
        _ body: @Sendable @escaping (UInt16) async throws -> Void
    ) async throws {
        let port = try await freePort()
        let server = HealthServer(
            Settings.HTTPAddress(host: "127.0.0.1", port: Int(port)),
            monitor: monitor,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await server.run() }
            // What takes requests waits for this too.
            for await _ in server.isListening {}
            try await body(port)
            group.cancelAll()
        }
    }

    @Test("a worker in which nothing has moved for too long is stuck, and alive as soon as something moves")
    func stuck() async throws {
        let monitor = HealthMonitor(health: ServiceHealth(), requestQueue: "requests", stillnessLimit: .seconds(5))
        monitor.consumes(true)
        try await Self.serving(monitor) { port in
            let began = ContinuousClock.now
            monitor.began()
            let alive = try await Self.get("/livez", port)
            try await eventually("it counts as stuck") { try await Self.get("/livez", port).status == 503 }
            let stuck = try await Self.get("/livez", port)
            let longest = Int((ContinuousClock.now - began).components.seconds)
            monitor.called(.lookUp, .absent, took: .zero)
            let moved = try await Self.get("/livez", port)

            #expect(alive.text == "{\"status\":\"alive\"}\n")
            #expect(stuck.text.contains(#""status":"stuck""#))
            let reason = /"stuck: nothing has moved for ([0-9]+) s, with 1 requests in work"/
            let seconds = try #require(stuck.text.firstMatch(of: reason).flatMap { Int($0.1) })
            #expect((5...max(5, longest)).contains(seconds))
            #expect(moved.status == 200)
        }
    }

    @Test("who is not ready is told so before anything has happened, and is alive")
    func begins() async throws {
        let monitor = HealthMonitor(health: ServiceHealth(), requestQueue: "requests", stillnessLimit: .seconds(1000))
        try await Self.serving(monitor) { port in
            let ready = try await Self.get("/readyz", port)

            #expect(ready.status == 503)
            #expect(ready.text.contains(#""not-connected: there was no connection yet""#))
            #expect(ready.text.contains(#""status":"not-ready""#))
            #expect(try await Self.get("/livez", port).status == 200)
        }
    }
}
