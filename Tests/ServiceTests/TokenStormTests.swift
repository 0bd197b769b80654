import AzureIdentity
import DataFactory
import DataFactoryEmulator
import Foundation
import NetworkTestSupport
import TestSupport
import Testing

/// What happens to a thousand callers while their one token ends and the token endpoint is ill.
@Suite("A storm of callers", .timeLimit(.minutes(5)))
struct TokenStormTests {
    private static let callers = 1000
    private static let configuration = CurlTransport.Configuration(
        maxConnectionsPerHost: 64,
        // A thousand callers share 64 connections of one busy machine; who waits long for one is not what is tested.
        connectTimeout: .seconds(60)
    )

    @Test("no caller fails while the old token is good, and one token request is in flight at a time")
    func storm() async throws {
        let clock = SharedClock()
        try await withService(clock: clock.emulator) { service in
            try await withTransport(Self.configuration) { transport in
                let watched = WatchedTransport(transport)
                let cache = TokenCache(clock.credential(service.credential(over: watched)), clock: clock.tokens)
                let client = service.client(over: watched, credential: cache)
                let storm = Storm(callers: Self.callers)
                try await storm.rage { caller, call in
                    // Each caller starts a run now and then, and asks for it in between.
                    if call % 8 == 0 {
                        let id = UUID().uuidString.lowercased()
                        _ = try await client.createRun(service.pipeline(), parameters: [], clientRequestID: id)
                        return .started
                    }
                    _ = try await client.run("\(UUID())", in: service.factory)
                    return .read
                } during: {
                    try await storm.everybodyServed("with the first token")
                    #expect(try await service.admin.count("token") == 1)

                    // The token is due for replacement 300 s before its end, and the endpoint fails three times. Each
                    // failure keeps the next attempt away for 30 s.
                    try await service.admin.setFaults(
                        #"[{"route":"token","fault":"status","status":503,"times":3}]"#
                    )
                    clock.advance(by: .seconds(3599 - 299))
                    for failure in 1...3 {
                        try await eventually("the endpoint failed \(failure) times") {
                            try await service.admin.statistics()["token"]?["503"] == failure
                        }
                        try await storm.everybodyServed("with the old token after failure \(failure)")
                        #expect(try await service.admin.count("token") == 1 + failure)
                        clock.advance(by: .seconds(31))
                    }
                    try await eventually("the token was replaced") {
                        try await service.admin.statistics()["token"]?["200"] == 2
                    }
                    try await storm.everybodyServed("with the second token")
                    #expect(storm.failures.isEmpty, "\(storm.failures.prefix(3))")

                    // Now it ends under them: nobody has a good token until the slow endpoint has answered once.
                    try await service.admin.setFaults(#"[{"route":"token","fault":"latency","ms":300,"times":1}]"#)
                    clock.advance(by: .seconds(4000))
                    try await storm.everybodyServed("after the end of the second token")
                    #expect(try await service.admin.statistics()["token"] == ["200": 3, "503": 3])
                    #expect(storm.failures.isEmpty, "\(storm.failures.prefix(3))")

                    // It ends again, and the endpoint fails three times: those who wait are told, all by the same
                    // answer, and nothing is remembered.
                    try await service.admin.setFaults(
                        #"[{"route":"token","fault":"status","status":503,"times":3}]"#
                    )
                    clock.advance(by: .seconds(4000))
                    try await storm.everybodyServed("after the end of the third token")
                    #expect(try await service.admin.statistics()["token"] == ["200": 4, "503": 6])
                    #expect(!storm.failures.isEmpty)
                    #expect(storm.failures.allSatisfy { $0.disposition == .credential })
                    #expect(storm.failures.allSatisfy { $0.status == nil })
                }

                let runs = try await service.admin.runs()
                let statistics = try await service.admin.statistics()
                #expect(watched.mostTokenRequestsAtOnce == 1)
                #expect(watched.mostRequestsAtOnce > Self.callers / 2)
                #expect(runs.count == storm.started)
                Self.report("the token replaced and expiring", storm, watched, statistics)
            }
        }
    }

    private static func report(
        _ name: String,
        _ storm: Storm,
        _ watched: WatchedTransport,
        _ statistics: [String: [String: Int]]
    ) {
        let refused = statistics.filter { $0.key != "token" }.values.reduce(0) { $0 + $1["401", default: 0] }
        print(
            "COUNTS \(name): \(callers) callers, \(storm.calls) calls, \(storm.started) runs started, "
                + "\(storm.failures.count) failed; "
                + "token requests \(statistics["token", default: [:]].sorted { $0.key < $1.key }), "
                + "at most \(watched.mostTokenRequestsAtOnce) at once; at most \(watched.mostRequestsAtOnce) requests "
                + "at once; \(refused) calls refused with an ended token and repeated with a fresh one"
        )
    }
}
