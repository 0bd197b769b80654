import AzureIdentity
import DataFactory
import Foundation
import Testing

@Suite("Run queries", .timeLimit(.minutes(5)))
struct RunQueryTests {
    private func body(_ query: RunQuery, _ token: String? = nil) async throws -> String {
        let transport = ScriptedTransport(answering: .json(200, #"{"value":[]}"#))
        _ = try await Sample.client(transport).runs(
            query,
            in: Sample.pipeline().factoryReference,
            continuationToken: token
        )
        return String(decoding: try #require(transport.requests.first).body, as: UTF8.self)
    }

    private func page(_ body: String, _ headers: [HTTPHeader] = []) async throws -> RunPage {
        try await Sample.client(ScriptedTransport(answering: .json(200, body, headers))).runs(
            Sample.query,
            in: Sample.pipeline().factoryReference,
            continuationToken: nil
        )
    }

    @Test("the request is ARM's")
    func request() async throws {
        let transport = ScriptedTransport(answering: .json(200, #"{"value":[]}"#))
        let factory = try Sample.pipeline().factoryReference

        _ = try await Sample.client(transport).runs(Sample.query, in: factory, continuationToken: nil)

        let request = try #require(transport.requests.first)
        #expect(request.method == .post)
        #expect(
            request.url
                == "https://management.azure.com\(factory.resourcePath)/queryPipelineRuns?api-version=2018-06-01"
        )
        #expect(request.headers.first { $0.name == "content-type" }?.value == "application/json; charset=utf-8")
    }

    @Test("the smallest query has both ends of its window")
    func smallest() async throws {
        #expect(
            try await body(Sample.query)
                == #"{"lastUpdatedAfter":"2026-11-22T00:00:00Z","lastUpdatedBefore":"2026-11-22T02:00:00Z"}"#
        )
    }

    @Test("a full query")
    func full() async throws {
        var query = Sample.query
        query.filters = [
            .pipeline("nightly \"load\""), .status(in: [.queued, .inProgress]), .runGroup("run-1"), .latestOnly,
            RunQuery.Filter(.init(rawValue: "ActivityName"), .init(rawValue: "Like"), [.text("a")]),
        ]
        query.order = [.init(.runStart, .descending), .init(.pipelineName, .ascending)]

        #expect(
            try await body(query, "page 2")
                == #"{"continuationToken":"page 2","filters":["#
                + #"{"operand":"PipelineName","operator":"Equals","values":["nightly \"load\""]},"#
                + #"{"operand":"Status","operator":"In","values":["Queued","InProgress"]},"#
                + #"{"operand":"RunGroupId","operator":"Equals","values":["run-1"]},"#
                + #"{"operand":"LatestOnly","operator":"Equals","values":[true]},"#
                + #"{"operand":"ActivityName","operator":"Like","values":["a"]}],"#
                + #""lastUpdatedAfter":"2026-11-22T00:00:00Z","lastUpdatedBefore":"2026-11-22T02:00:00Z","#
                + #""orderBy":[{"order":"DESC","orderBy":"RunStart"},{"order":"ASC","orderBy":"PipelineName"}]}"#
        )
    }

    @Test("the window is rounded outwards, so that no run falls out of it")
    func rounding() async throws {
        let query = RunQuery(
            updatedAfter: Date(timeIntervalSince1970: 1_795_305_600.999),
            updatedBefore: Date(timeIntervalSince1970: 1_795_312_800.001)
        )

        #expect(
            try await body(query)
                == #"{"lastUpdatedAfter":"2026-11-22T00:00:00Z","lastUpdatedBefore":"2026-11-22T02:00:01Z"}"#
        )
    }

    @Test(
        "a query that cannot be right is refused unsent",
        arguments: [
            (2, 1, [], "ends before"), (-1, 1, [], "years"), (1, 253_402_300_800, [], "years"),
            (1, .nan, [], "years"), (-.infinity, 1, [], "years"), (1, .greatestFiniteMagnitude, [], "years"),
            (1, 2, [.status(in: [])], "Status"),
        ] as [(Double, Double, [RunQuery.Filter], String)]
    )
    func invalid(after: Double, before: Double, filters: [RunQuery.Filter], words: String) async throws {
        let factory = try Sample.pipeline().factoryReference
        let query = RunQuery(
            updatedAfter: Date(timeIntervalSince1970: after),
            updatedBefore: Date(timeIntervalSince1970: before),
            filters: filters
        )

        let error = await #expect(throws: DataFactoryError.self) {
            try await Sample.client(ScriptedTransport([])).runs(query, in: factory, continuationToken: nil)
        }

        #expect(error?.disposition == .permanent)
        #expect(error?.code == "InvalidQuery")
        #expect(error?.message.contains(words) == true)
    }

    @Test("a page of runs")
    func runs() async throws {
        let page = try await page(
            #"{"value":[{"runId":"a","status":"Queued"},{"runId":"b","parameters":{"k":"v"}}],"continuationToken":"2"}"#,
            [HTTPHeader(name: "x-ms-ratelimit-remaining-subscription-reads", value: "249")]
        )

        #expect(
            page
                == RunPage(
                    runs: [
                        PipelineRun(runID: "a", status: .queued), PipelineRun(runID: "b", parameters: ["k": "v"]),
                    ],
                    continuationToken: "2",
                    rateLimit: RateLimit(remainingReads: 249)
                )
        )
    }

    @Test(
        "the last page has no token",
        arguments: [
            #"{"value":[]}"#, #"{"value":[],"continuationToken":null}"#, #"{"value":[],"continuationToken":""}"#,
        ]
    )
    func lastPage(body: String) async throws {
        #expect(try await page(body) == RunPage(runs: []))
    }

    @Test("entries that are no runs are counted and hide no others")
    func badEntries() async throws {
        let page = try await page(#"{"value":[{"runId":"a"},{},null,7,{"runId":null},{"runId":"b"}]}"#)

        #expect(page.runs.map(\.runID) == ["a", "b"])
        #expect(page.unreadableCount == 4)
    }

    @Test(
        "a success that is no page is an error, not an empty page",
        arguments: [
            "", "{}", "[]", "<html>", #"{"value":null}"#, #"{"value":{}}"#, #"{"value":[],"continuationToken":7}"#,
        ]
    )
    func unreadable(body: String) async throws {
        let error = try #require(await #expect(throws: DataFactoryError.self) { try await page(body) })

        #expect(error.code == "UnreadableResponse")
        #expect(error.disposition == .safe)
    }
}
