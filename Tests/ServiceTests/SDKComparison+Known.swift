extension SDKComparison {
    /// A difference, the calls it is found in, and why it is so.
    struct Known: Sendable {
        let difference: Difference
        let calls: Set<Call>
        let reason: String

        init(_ field: String, sdk: String?, ours: String?, _ calls: Set<Call>, _ reason: String) {
            difference = Difference(field: field, sdk: sdk, ours: ours)
            self.calls = calls
            self.reason = reason
        }
    }

    private static let all = Set(Call.allCases)
    private static let tokens: Set<Call> = [.tokenBySecret, .tokenByCertificate]
    private static let starts: Set<Call> = [.createRun, .createRunWithParameters, .createRunWithOptions]

    /// Every difference there may be. Another one fails the test, and so does one of these that is gone.
    static let known: [Known] = [
        // What the HTTP libraries add by themselves.
        Known(
            "header connection",
            sdk: "keep-alive",
            ours: nil,
            all,
            "HTTP/1.1 keeps connections without being asked (RFC 9112, section 9.3)"
        ),
        Known(
            "header accept-encoding",
            sdk: "gzip, deflate",
            ours: nil,
            all,
            "answers are a few hundred bytes; what is not inflated cannot be a bomb"
        ),
        Known(
            "header user-agent",
            sdk: "(a product)",
            ours: nil,
            all,
            "Azure asks for none, and a version in it would be one more thing to keep true"
        ),

        // Starting a run.
        Known(
            "body",
            sdk: nil,
            ours: "{}",
            [.createRun, .createRunWithOptions],
            "Azure's PowerShell sends {} where there are no parameters; a POST without a body is at the mercy of proxies"
        ),
        Known(
            "header content-type",
            sdk: nil,
            ours: "application/json; charset=utf-8",
            [.createRun, .createRunWithOptions],
            "there is a body, see above"
        ),
        Known(
            "header content-type",
            sdk: "application/json",
            ours: "application/json; charset=utf-8",
            [.createRunWithParameters, .runs, .runsContinued],
            "the same by RFC 8259; written out, as Azure's PowerShell does, because parameters are the publisher's bytes"
        ),

        // Calls that start nothing.
        Known(
            "header x-ms-client-request-id",
            sdk: "(a UUID)",
            ours: nil,
            all.subtracting(starts),
            "ARM makes an id where there is none, and answers with it; an id of ours is kept for what it identifies, a run"
        ),
        Known(
            "header accept",
            sdk: "*/*",
            ours: "application/json",
            [.cancel],
            "a success has no body, but an error has one, and it shall be JSON"
        ),

        // Tokens.
        Known(
            "request GET /\(SDKStage.tenant)/v2.0/.well-known/openid-configuration",
            sdk: "sent",
            ours: nil,
            tokens,
            "the token endpoint's path is documented and fixed; one request less that can fail"
        ),
        Known(
            "form client_info",
            sdk: "1",
            ours: nil,
            tokens,
            "asks for details of a user, and an application is none"
        ),
        Known(
            "header client-request-id",
            sdk: "(a UUID)",
            ours: nil,
            tokens,
            "optional; Entra ID's own trace and correlation ids are in each error"
        ),
        Known("header x-client-sku", sdk: "MSAL.Python", ours: nil, tokens, "telemetry of Microsoft's library"),
        Known("header x-client-ver", sdk: "1.39.0", ours: nil, tokens, "telemetry of Microsoft's library"),
        Known("header x-client-os", sdk: "linux", ours: nil, tokens, "telemetry of Microsoft's library"),
        Known(
            "header x-ms-lib-capability",
            sdk: "retry-after, h429",
            ours: nil,
            tokens,
            "telemetry of Microsoft's library"
        ),
        Known(
            "header x-client-current-telemetry",
            sdk: "4|730,2|",
            ours: nil,
            tokens,
            "telemetry of Microsoft's library"
        ),
        Known("header x-client-last-telemetry", sdk: "4|0|||", ours: nil, tokens, "telemetry of Microsoft's library"),
    ]
}
