import DataFactory
import DataFactoryEmulator
import Foundation
import NetworkTestSupport
import Testing

@testable import adf_trigger

@Suite("Searching for marked runs in the emulator", .timeLimit(.minutes(5)))
struct MarkerIndexTests {
    private static let pipelines = #"{"name":"plain","parameters":{"mark":{"type":"String"}}},{"name":"other"}"#
    private static let scenario = #","writes":null,"reads":null,"runIds":"server""#

    private static func index(
        _ service: Service,
        _ client: DataFactoryClient,
        pageLimit: Int = 100
    ) throws -> MarkerIndex {
        var settings = MarkerSettings()
        settings.pageLimit = pageLimit
        return MarkerIndex(of: try service.pipeline(), marker: "mark", settings, client)
    }

    private static func start(
        _ parameters: [UInt8],
        of pipeline: PipelineReference,
        _ client: DataFactoryClient
    ) async throws {
        _ = try await client.createRun(pipeline, parameters: parameters, clientRequestID: UUID().uuidString)
    }

    private static func start(_ marks: Range<Int>, _ service: Service, _ client: DataFactoryClient) async throws {
        for mark in marks {
            let parameters = Array(#"{"mark":"m-\#(mark)"}"#.utf8)
            try await start(parameters, of: try service.pipeline(), client)
        }
    }

    @Test("a run is read once, however often one is searched for")
    func readsOnce() async throws {
        let clock = SharedClock()
        try await withService(pipelines: Self.pipelines, options: Self.scenario, clock: clock.emulator) { service in
            try await withTransport { transport in
                let client = service.client(over: transport)
                let index = try Self.index(service, client)
                try await Self.start(0..<250, service, client)
                clock.advance(by: .seconds(120))
                try await Self.start(250..<251, service, client)

                #expect(try await index.search(for: "none", calledUntil: nil) == .absent)
                #expect(try await service.admin.count("queryRuns") == 3)
                for _ in 0..<5 { #expect(try await index.search(for: "none", calledUntil: nil) == .absent) }
                #expect(try await service.admin.count("queryRuns") == 3 + 5)
                for mark in 0..<250 {
                    guard case .run = try await index.search(for: "m-\(mark)", calledUntil: nil) else {
                        Issue.record("m-\(mark) is not found")
                        continue
                    }
                }
                #expect(try await service.admin.count("queryRuns") == 3 + 5)
            }
        }
    }

    @Test("those who search at the same time share what is read")
    func shares() async throws {
        try await withService(pipelines: Self.pipelines, options: Self.scenario) { service in
            try await withTransport { transport in
                let client = service.client(over: transport)
                let index = try Self.index(service, client)
                try await service.admin.setFaults(#"[{"route":"queryRuns","fault":"latency","ms":2000,"rate":1}]"#)

                try await withThrowingTaskGroup(of: MarkerIndex.Finding.self) { group in
                    for _ in 0..<40 { group.addTask { try await index.search(for: "none", calledUntil: nil) } }
                    for try await finding in group { #expect(finding == .absent) }
                }

                // One begins at once, and one for all who came meanwhile.
                #expect(try await service.admin.count("queryRuns") <= 3)
            }
        }
    }

    @Test("beyond the page limit absence is not concluded from what was read")
    func pageLimit() async throws {
        try await withService(pipelines: Self.pipelines, options: Self.scenario) { service in
            try await withTransport { transport in
                let client = service.client(over: transport)
                let index = try Self.index(service, client, pageLimit: 1)
                try await Self.start(0..<120, service, client)

                #expect(try await index.search(for: "none", calledUntil: nil) == .incomplete)
                guard case .run = try await index.search(for: "m-119", calledUntil: nil) else {
                    Issue.record("the latest run is not found")
                    return
                }
            }
        }
    }

    @Test("absence after a call counts when a run that began after it is shown, be it another pipeline's")
    func proof() async throws {
        let clock = SharedClock()
        let options = Self.scenario + #","queryLagSeconds":50"#
        try await withService(pipelines: Self.pipelines, options: options, clock: clock.emulator) { service in
            try await withTransport { transport in
                let client = service.client(over: transport)
                let index = try Self.index(service, client)
                let called = Date()
                try await Self.start(0..<1, service, client)

                #expect(try await index.search(for: "m-0", calledUntil: called) == .unsettled)
                clock.advance(by: .seconds(40))
                try await Self.start([], of: try service.pipeline("other"), client)
                #expect(try await index.search(for: "none", calledUntil: called) == .unsettled)
                clock.advance(by: .seconds(60))
                #expect(try await index.search(for: "none", calledUntil: called) == .absent)
                guard case .run = try await index.search(for: "m-0", calledUntil: called) else {
                    Issue.record("the run is not found when it is shown")
                    return
                }
            }
        }
    }
}
