import FoundationEssentials
import HTTPTypes

extension ManagementEndpoint {
    /// The answer a fault gives in place of the call's own.
    func refuse(
        _ exchange: Exchange,
        with effect: Fault.Effect,
        _ variant: Fault.Variant,
        _ route: RouteName?
    ) -> Answer {
        var error: ManagementError
        switch effect {
        case .throttle(let seconds):
            let kind: OperationKind = route == .createRun || route == .cancelRun ? .write : .read
            error = .throttled(kind, exchange, code: variant.throttleCode, seconds: seconds)
        case .status(let status, let code):
            error = ManagementError(status: status, code: code, message: "An injected fault.")
        case .claimsChallenge:
            error = challenge(exchange)
        default:
            error = .gatewayTimeout
        }
        var answer = error.answer()
        if route == .createRun { keepRefusal(answer, exchange) }
        dress(&answer, exchange)
        return answer
    }

    func gatewayTimeout(_ exchange: Exchange) -> Answer {
        var answer = ManagementError.gatewayTimeout.answer()
        dress(&answer, exchange)
        return answer
    }

    /// Whether a request has a good token that was asked for without claims.
    func isChallengeable(_ exchange: Exchange) -> Bool {
        guard let claims = try? checkToken(exchange) else { return false }
        return !claims.requested.answersChallenge
    }

    /// The refusal of a token that was made before something the service knows of.
    private func challenge(_ exchange: Exchange) -> ManagementError {
        var error = ManagementError.unauthorized(
            "AuthenticationFailed",
            "Continuous access evaluation resulted in a challenge. Ask for a token with the claims given.",
            authority: exchange.authority
        )
        let demand = JSONOutput.object { output in
            output.member("access_token") { output in
                output.object { output in
                    output.member("nbf") { output in
                        output.object { output in
                            output.member("essential") { $0.flag(true) }
                            output.member("value", String(clock.now().secondsSince1970))
                        }
                    }
                }
            }
        }
        let claims = Data(demand).base64EncodedString()
        error.headers[.wwwAuthenticate] = "Bearer realm=\"\", error=\"insufficient_claims\", claims=\"\(claims)\""
        return error
    }
}

extension ManagementError {
    /// A 429 on demand, in the words the code is known by.
    fileprivate static func throttled(
        _ kind: OperationKind,
        _ exchange: Exchange,
        code: String?,
        seconds: Int?
    ) -> ManagementError {
        let subscription = exchange.target.segments.count > 1 ? exchange.target.segments[1] : ""
        let wait = seconds ?? 10
        var error = throttled(kind, subscription: subscription, client: "injected", seconds: wait)
        if let code, code != error.code {
            // Another code is the resource provider's own: ARM's header is absent.
            error.code = code
            error.isFromGateway = code == "ResourceRequestsThrottled"
            error.message =
                "Number of requests for action '\(exchange.target.segments.last ?? "")' exceeded the limit of '50' for"
                + " time interval '00:05:00'. Please try again after '\(wait)' seconds."
        }
        if seconds == nil { error.headers[.retryAfter] = nil }
        return error
    }
}
