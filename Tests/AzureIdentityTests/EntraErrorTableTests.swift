import AzureIdentity
import Testing

/// What Entra ID documents about its errors, row by row: asking again helps, or somebody has to change something.
@Suite("Entra ID's errors", .timeLimit(.minutes(5)))
struct EntraErrorTableTests {
    private func error(_ status: Int, _ body: String) async throws -> AzureIdentityError {
        let credential = ClientSecretCredential(
            tenantID: "t",
            clientID: "c",
            clientSecret: "secret-1",
            authorityHost: "login.microsoftonline.com",
            transport: ScriptedTransport(answering: .json(status, body))
        )
        return try await failure(of: credential)
    }

    @Test(
        "the word decides",
        arguments: [
            ("temporarily_unavailable", false), ("server_error", false), ("invalid_request", true),
            ("invalid_client", true), ("unauthorized_client", true), ("invalid_grant", true), ("invalid_scope", true),
            ("invalid_resource", true), ("unsupported_grant_type", true), ("interaction_required", true),
            ("a_word_of_the_future", true),
        ],
        [400, 401]
    )
    func words(row: (String, Bool), status: Int) async throws {
        let error = try await error(status, #"{"error":"\#(row.0)"}"#)

        #expect(error.isConfiguration == row.1)
        #expect(error.entraError == row.0)
    }

    private static let table: [(Int, Bool)] = [
        // Transient by the reference.
        (90_006, false), (90_012, false), (90_024, false), (90_033, false), (90_055, false), (90_090, false),
        // Permanent by the reference.
        (70_011, true), (90_002, true), (90_014, true), (900_144, true), (900_561, true), (901_002, true),
        (9_002_313, true), (500_011, true), (50_012, true), (50_013, true), (500_133, true), (90_038, true),
        // Permanent by what they say.
        (7_000_215, true), (7_000_222, true), (700_016, true), (700_027, true), (700_024, true), (70_021, true),
        (700_211, true), (700_213, true), (53_003, true),
    ]

    @Test("a number tells a transient error where the word does not", arguments: Self.table)
    func numbers(number: Int, isConfiguration: Bool) async throws {
        let listed = try await error(400, #"{"error":"invalid_request","error_codes":[\#(number)]}"#)
        let described = try await error(
            400,
            #"{"error":"invalid_request","error_description":"AADSTS\#(number): It did not work."}"#
        )

        for error in [listed, described] {
            #expect(error.isConfiguration == isConfiguration)
            #expect(error.entraCodes == [number])
        }
    }

    @Test(
        "the status decides where it is about the service",
        arguments: [
            (408, .unavailable), (429, .throttled), (500, .unavailable), (502, .unavailable), (503, .unavailable),
            (504, .unavailable),
        ] as [(Int, AzureIdentityError.Code)]
    )
    func statuses(status: Int, code: AzureIdentityError.Code) async throws {
        let error = try await error(status, #"{"error":"invalid_client","error_codes":[7000215]}"#)

        #expect(error.code == code)
        #expect(!error.isConfiguration)
    }

    @Test("what support asks for is kept, on one line, also where the description is one line")
    func details() async throws {
        let body = #"""
            {"error":"invalid_client","error_codes":[7000215],"trace_id":"trace-1","correlation_id":"corr-1",
             "timestamp":"2026-11-22 19:00:00Z","error_uri":"https://login.microsoftonline.com/error?code=7000215",
             "error_description":"AADSTS7000215: No. Trace ID: trace-1 Correlation ID: corr-1 Timestamp: x"}
            """#

        let error = try await error(401, body)

        #expect(
            error.description == "client-secret(tenant: t, client: c): configuration: AADSTS7000215: No. "
                + "[invalid_client] [HTTP 401] [trace trace-1] [correlation corr-1] [2026-11-22 19:00:00Z]"
        )
    }

    @Test("nobody forges a line of the log")
    func oneLine() async throws {
        let break_ = #"a\u000ab\u2028c\u001bd\u202ee"#
        let body = #"""
            {"error":"\#(break_)","trace_id":"\#(break_)","correlation_id":"\#(break_)","timestamp":"\#(break_)",
             "error_description":"\#(#"x\u000by\u001bz"#)"}
            """#

        let error = try await error(400, body)

        let isClean = error.description.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
        #expect(isClean)
        #expect(error.traceID == "a b c d e")
    }
}
