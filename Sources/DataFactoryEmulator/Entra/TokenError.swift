/// A refusal of the token endpoint.
struct TokenError: Error {
    var status: Int
    /// OAuth's word for it.
    var error: String
    /// The number after AADSTS; 0 is none.
    var code: Int
    var message: String

    func body(traceID: GUID, correlationID: GUID, at moment: Timestamp) -> [UInt8] {
        let timestamp = moment.spacedText
        let prefix = code == 0 ? "" : "AADSTS\(code): "
        return JSONOutput.object { output in
            output.member("error", error)
            output.member(
                "error_description",
                "\(prefix)\(message) Trace ID: \(traceID) Correlation ID: \(correlationID) Timestamp: \(timestamp)"
            )
            output.member("error_codes") { output in
                output.array { output in
                    if code != 0 { output.integer(code) }
                }
            }
            output.member("timestamp", timestamp)
            output.member("trace_id", traceID.description)
            output.member("correlation_id", correlationID.description)
            if code != 0 {
                output.member("error_uri", "https://login.microsoftonline.com/error?code=\(code)")
            }
        }
    }
}

extension TokenError {
    static var malformedForm: TokenError {
        TokenError(status: 400, error: "invalid_request", code: 9_002_313, message: "The request is malformed.")
    }

    static func wrongMethod(_ method: String) -> TokenError {
        TokenError(
            status: 400,
            error: "invalid_request",
            code: 900_561,
            message: "The endpoint only accepts POST requests. Received a \(method) request."
        )
    }

    static func missingParameter(_ name: String) -> TokenError {
        TokenError(
            status: 400,
            error: "invalid_request",
            code: 900_144,
            message: "The request body must contain the following parameter: '\(name)'."
        )
    }

    static func unsupportedGrantType(_ type: String) -> TokenError {
        TokenError(
            status: 400,
            error: "unsupported_grant_type",
            code: 70003,
            message: "The app requested an unsupported grant type '\(type)'."
        )
    }

    static var resourceOnVersion2: TokenError {
        TokenError(
            status: 400,
            error: "invalid_request",
            code: 901_002,
            message: "The 'resource' request parameter is not supported."
        )
    }

    static func badScope(_ scope: String) -> TokenError {
        TokenError(
            status: 400,
            error: "invalid_scope",
            code: 70011,
            message: "The provided request must include a 'scope' input parameter. The provided value for the input"
                + " parameter 'scope' is not valid. The scope \(scope) is not valid."
        )
    }

    static func unknownTenant(_ tenant: String) -> TokenError {
        TokenError(
            status: 400,
            error: "invalid_request",
            code: 90002,
            message: "Tenant '\(tenant)' not found. Check that it is the right tenant ID and the right cloud."
        )
    }

    static func unknownClient(_ clientID: String, tenant: String) -> TokenError {
        TokenError(
            status: 400,
            error: "unauthorized_client",
            code: 700_016,
            message: "Application with identifier '\(clientID)' was not found in the directory '\(tenant)'."
        )
    }

    static var noProof: TokenError {
        TokenError(
            status: 401,
            error: "invalid_client",
            code: 7_000_218,
            message: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        )
    }

    static func wrongSecret(clientID: String) -> TokenError {
        TokenError(
            status: 401,
            error: "invalid_client",
            code: 7_000_215,
            message: "Invalid client secret provided. Send the secret's value, not its ID, for app '\(clientID)'."
        )
    }
}
