import AzureIdentity
import DataFactory
import Testing

/// Bodies that no service sends, as answers to each call. The reader must not trap and must not run out of stack,
/// whatever the depth.
@Suite("Hostile bodies", .timeLimit(.minutes(5)))
struct HostileBodyTests {
    private static let depths = [100, 511, 512, 10_000, 100_000]
    private static let brackets = [
        ("[", "]"), (#"{"value":["#, "]}"), (#"{"properties":{"parameters":"#, "}}"), (#"{"runId":"#, "}"),
        (#"{"runId":"r","parameters":{"a":"#, "}}"), (#"{"error":{"details":["#, "]}}"),
    ]

    private static func nested(_ brackets: (open: String, close: String), _ depth: Int) -> String {
        String(repeating: brackets.open, count: depth) + String(repeating: brackets.close, count: depth)
    }

    private func client(_ status: Int, _ body: String) -> DataFactoryClient {
        Sample.client(ScriptedTransport(answering: .json(status, body)))
    }

    @Test("nesting of any depth ends in an error or an answer", arguments: brackets, depths)
    func nesting(brackets: (open: String, close: String), depth: Int) async throws {
        let pipeline = try Sample.pipeline()
        let factory = pipeline.factoryReference
        for body in [Self.nested(brackets, depth), String(repeating: brackets.open, count: depth)] {
            for status in [200, 400] {
                await #expect(throws: DataFactoryError.self) {
                    try await client(status, body)
                        .createRun(pipeline, parameters: [], clientRequestID: Sample.clientRequestID)
                }
                await #expect(throws: DataFactoryError.self) {
                    _ = try await client(status, body).pipeline(pipeline, ifNoneMatch: nil)
                }
                await #expect(throws: DataFactoryError.self) {
                    let page = try await client(status, body).runs(Sample.query, in: factory, continuationToken: nil)
                    // Legal JSON, and no run in it.
                    if page.runs.isEmpty { throw DataFactoryError(disposition: .safe, code: "Empty", message: "") }
                }
                // A run whose parameters are nonsense is still a run.
                _ = try? await client(status, body).run("run-1", in: factory)
            }
        }
    }

    @Test(
        "numbers of any size are read or left out",
        arguments: [
            "1e999999", "-1e999999", "99999999999999999999999", "1e-999999", "9223372036854775807", "1.5", "-0",
            String(repeating: "9", count: 5000),
        ]
    )
    func numbers(number: String) async throws {
        let factory = try Sample.pipeline().factoryReference

        let run = try await client(
            200,
            #"{"runId":"r","durationInMs":\#(number),"parameters":{"a":\#(number),"b":"kept"},"status":\#(number)}"#
        ).run("r", in: factory)

        #expect(run?.runID == "r")
    }

    @Test("a header with thousands of challenges is read in good time")
    func challenges() async throws {
        let header = HTTPHeader(
            name: "WWW-Authenticate",
            value: String(repeating: #"Bearer a="\"",b=c, "#, count: 20_000) + String(repeating: "\"", count: 20_001)
        )
        let refusal = HTTPResponse.json(401, "", [header])

        let error = try await Sample.createRunFailure(ScriptedTransport(answering: refusal, refusal))

        #expect(error.disposition == .credential)
    }
}
