import NetworkTestSupport
import Testing

@testable import AzureIdentity

/// A handle keeps what one request has in common with the next, and nothing else.
@Suite("Requests one after the other", .timeLimit(.minutes(5)))
struct CurlRequestReuseTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    /// What the server reads of requests over one connection: each one's first line, its fields, its body.
    private func seen(_ requests: [(path: String, headers: [HTTPHeader], body: String?)]) async throws -> [String] {
        try await LoopbackServer.withServer(reacting: { _ in .answer(Self.ok) }) { server in
            try await withTransport { transport in
                for request in requests {
                    _ = try await transport.send(
                        HTTPRequest(
                            method: request.body == nil ? .get : .post,
                            url: "\(server.url)\(request.path)",
                            headers: request.headers,
                            body: Array((request.body ?? "").utf8),
                            timeout: .seconds(60)
                        )
                    )
                }
            }
            return server.requests.map(\.text)
        }
    }

    @Test("each has its own path, fields and body, whether its fields are as long as those before or not")
    func own() async throws {
        let values = [["one", "a"], ["two", "b"], ["three", "b"], ["", "c"], ["x", "c"], ["y", "d"]]

        let seen = try await seen(
            values.enumerated().map { number, value in
                let headers = [
                    HTTPHeader(name: "x-first", value: value[0]), HTTPHeader(name: "x-second", value: value[1]),
                ]
                return ("/p\(number)?q=\(number)", headers, number % 2 == 0 ? "body \(number)" : nil)
            }
        )

        try #require(seen.count == values.count)
        for (number, value) in values.enumerated() {
            let isPost = number % 2 == 0
            #expect(seen[number].hasPrefix("\(isPost ? "POST" : "GET") /p\(number)?q=\(number) HTTP/1.1\r\n"))
            #expect(seen[number].contains("\r\nx-first:\(value[0].isEmpty ? "" : " ")\(value[0])\r\n"))
            #expect(seen[number].contains("\r\nx-second: \(value[1])\r\n"))
            #expect(seen[number].hasSuffix("\r\n\r\n\(isPost ? "body \(number)" : "")"))
        }
    }

    @Test("fields of other names, more or fewer, take the place of those before")
    func replaced() async throws {
        let seen = try await seen([
            ("/", [HTTPHeader(name: "x-a", value: "1"), HTTPHeader(name: "x-b", value: "2")], nil),
            ("/", [HTTPHeader(name: "x-c", value: "1"), HTTPHeader(name: "x-b", value: "2")], nil),
            ("/", [HTTPHeader(name: "x-b", value: "3")], nil),
            ("/", [], nil),
        ])

        let fields = seen.map { text in text.split(separator: "\r\n").filter { $0.hasPrefix("x-") }.map { String($0) } }
        #expect(fields == [["x-a: 1", "x-b: 2"], ["x-c: 1", "x-b: 2"], ["x-b: 3"], []])
    }

    @Test(
        "what follows the host is asked for as it stands, but for a fragment, which is for the asker alone",
        arguments: [
            ("", "/"), ("?a=1", "/?a=1"), ("/a//b/../c?d=/e?", "/a//b/../c?d=/e?"), ("/a#b", "/a"), ("#b", "/"),
        ]
    )
    func target(path: String, asked: String) async throws {
        let seen = try await seen([(path, [], nil)])

        #expect(seen.first?.hasPrefix("GET \(asked) HTTP/1.1\r\n") == true)
    }

    // libcurl would ask before it sends a body of 1 MiB, and wait a second for servers that do not answer that.
    @Test("nothing is added, whatever the size of the body and what came before")
    func additions() async throws {
        let large = String(repeating: "x", count: 1 << 20)
        let bodies = [nil, "small", large, "small", nil, large]

        let seen = try await seen(bodies.map { ("/", [HTTPHeader(name: "x-a", value: "1")], $0) })

        try #require(seen.count == bodies.count)
        for (text, body) in zip(seen, bodies) {
            let head = text.dropLast(body?.utf8.count ?? 0).lowercased()
            for name in ["expect", "accept", "content-type"] { #expect(!head.contains("\r\n\(name):"), "\(head)") }
            #expect(text.utf8.count == head.utf8.count + (body?.utf8.count ?? 0))
        }
    }
}
