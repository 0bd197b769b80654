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

    static func missingField(_ name: String) -> TokenError {
        TokenError(
            status: 400,
            error: "invalid_request",
            code: 90014,
            message: "The required field '\(name)' is missing from the credential."
                + " Ensure that you have all the necessary parameters for the login request."
        )
    }

    static func badParameter(_ name: String, _ reason: String) -> TokenError {
        TokenError(
            status: 400,
            error: "invalid_request",
            code: 90023,
            message: "The request is not valid. The parameter '\(name)' is wrong: \(reason)."
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

    static func unknownResource(_ name: String, tenant: String) -> TokenError {
        TokenError(
            status: 400,
            error: "invalid_resource",
            code: 500_011,
            message: "The resource principal named \(name) was not found in the tenant named \(tenant)."
        )
    }

    static var throttled: TokenError {
        TokenError(
            status: 429,
            error: "temporarily_unavailable",
            code: 90055,
            message: "The tenant has exceeded the number of requests it may send; try again later."
        )
    }

    static var timedOut: TokenError {
        TokenError(
            status: 504,
            error: "temporarily_unavailable",
            code: 90012,
            message: "The request has timed out."
        )
    }
}
