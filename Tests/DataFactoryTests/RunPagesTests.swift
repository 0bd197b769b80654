import AzureIdentity
import DataFactory
import Testing

@Suite("Pages of a query", .timeLimit(.minutes(5)))
struct RunPagesTests {
    private static func page(_ id: String, next token: String?) -> HTTPResponse {
        .json(200, #"{"value":[{"runId":"\#(id)"}]\#(token.map { #","continuationToken":"\#($0)""# } ?? "")}"#)
    }

    private func pages(_ transport: ScriptedTransport, limit: Int) throws -> RunPages {
        try Sample.client(transport).pages(of: Sample.query, in: Sample.pipeline().factoryReference, limit: limit)
    }

    @Test("each page is asked for with the token of the one before")
    func allPages() async throws {
        let transport = ScriptedTransport(
            answering: Self.page("a", next: "2"),
            Self.page("b", next: "3"),
            Self.page("c", next: nil)
        )

        var ids: [String] = []
        for try await page in try pages(transport, limit: 10) { ids += page.runs.map(\.runID) }

        #expect(ids == ["a", "b", "c"])
        let bodies = transport.requests.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(bodies.map { $0.contains("continuationToken") } == [false, true, true])
        #expect(bodies[1].contains(#""continuationToken":"2""#))
        #expect(bodies[2].contains(#""continuationToken":"3""#))
        #expect(bodies.allSatisfy { $0.contains(#""lastUpdatedAfter":"2026-11-22T00:00:00Z""#) })
    }

    @Test("no page is fetched before it is asked for")
    func lazy() async throws {
        let transport = ScriptedTransport(answering: Self.page("a", next: "2"), Self.page("b", next: nil))
        var iterator = try pages(transport, limit: 10).makeAsyncIterator()
        #expect(transport.requests.isEmpty)

        let first = try await iterator.next()

        #expect(first?.runs.map(\.runID) == ["a"])
        #expect(transport.requests.count == 1)
    }

    @Test("the limit ends the walk, and the last page tells that there was more", arguments: [0, 1, 2])
    func limit(limit: Int) async throws {
        let transport = ScriptedTransport(answering: Self.page("a", next: "2"), Self.page("b", next: "3"))

        var last: RunPage?
        for try await page in try pages(transport, limit: limit) { last = page }

        #expect(transport.requests.count == limit)
        #expect((last?.continuationToken != nil) == (limit > 0))
    }

    @Test("a token that comes again ends the walk with an error", arguments: [["2", "2"], ["2", "3", "2"]])
    func circle(tokens: [String]) async throws {
        let transport = ScriptedTransport(tokens.map { token in { _ in .success(Self.page("a", next: token)) } })
        let pages = try pages(transport, limit: 1000)

        let error = await #expect(throws: DataFactoryError.self) {
            for try await _ in pages {}
        }

        #expect(error?.code == "RepeatedContinuationToken")
        #expect(error?.disposition == .safe)
        #expect(transport.requests.count == tokens.count)
    }

    @Test("nothing follows an error")
    func afterError() async throws {
        let transport = ScriptedTransport(answering: .json(500, ""))
        var iterator = try pages(transport, limit: 10).makeAsyncIterator()

        await #expect(throws: DataFactoryError.self) { try await iterator.next() }

        #expect(try await iterator.next() == nil)
        #expect(transport.requests.count == 1)
    }
}
