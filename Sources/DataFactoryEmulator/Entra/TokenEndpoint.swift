import HTTPTypes

/// Answers `POST /{tenant}/oauth2/v2.0/token`, and the older `POST /{tenant}/oauth2/token`, as Entra ID does.
struct TokenEndpoint: Sendable {
    private let clients: ClientDirectory
    private let lifetimeSeconds: Int
    private let refreshSeconds: Int?
    private let tokens: AccessTokens
    private let clock: EmulatorClock

    init(scenario: Scenario, tokens: AccessTokens, clock: EmulatorClock) {
        self.clients = ClientDirectory(scenario.tenants)
        self.lifetimeSeconds = scenario.tokenLifetimeSeconds
        self.refreshSeconds = scenario.tokenRefreshSeconds
        self.tokens = tokens
        self.clock = clock
    }

    func issue(_ exchange: Exchange, tenant: String, version: EntraVersion) -> Answer {
        do throws(TokenError) {
            let request = try TokenRequest(exchange, tenant: tenant, version: version)
            let path = version == .v2 ? "oauth2/v2.0/token" : "oauth2/token"
            let now = clock.now()
            try clients.authenticate(
                request,
                tenant: tenant,
                endpoint: "\(exchange.baseURL)/\(tenant)/\(path)",
                at: now
            )
            let grant = AccessTokens.Grant(
                tenant: tenant,
                clientID: request.clientID,
                audience: request.resource.name,
                lifetimeSeconds: lifetimeSeconds,
                claims: request.claims
            )
            let body = answer(to: grant, token: tokens.issue(grant), version: version, at: now)
            return Answer(status: 200, headers: Self.headers, body: body)
        } catch {
            return answer(error, exchange)
        }
    }

    /// The older endpoint writes its numbers as strings.
    private func answer(
        to grant: AccessTokens.Grant,
        token: String,
        version: EntraVersion,
        at now: Timestamp
    ) -> [UInt8] {
        func number(_ name: String, _ value: Int64, _ output: inout JSONOutput) {
            output.member(name) { output in
                if version == .v1 { output.string(String(value)) } else { output.integer(value) }
            }
        }
        return JSONOutput.object { output in
            output.member("token_type", "Bearer")
            number("expires_in", Int64(lifetimeSeconds), &output)
            number("ext_expires_in", Int64(lifetimeSeconds), &output)
            if let refreshSeconds { number("refresh_in", Int64(refreshSeconds), &output) }
            if version == .v1 {
                number("expires_on", now.secondsSince1970 + Int64(lifetimeSeconds), &output)
                number("not_before", now.secondsSince1970, &output)
                output.member("resource", grant.audience)
            }
            output.member("access_token", token)
        }
    }

    /// The answer to a verb other than POST.
    func refuse(_ exchange: Exchange, method: String) -> Answer {
        answer(.wrongMethod(method), exchange)
    }

    /// The answer to whoever asks for the endpoints of a tenant there is not; nil where there is such a tenant.
    func refuse(_ exchange: Exchange, unknownTenant tenant: String) -> Answer? {
        if clients.knows(tenant: tenant) { return nil }
        var error = TokenError.unknownTenant(tenant)
        error.error = "invalid_tenant"
        return answer(error, exchange)
    }

    /// The answer a fault gives in place of a token.
    func refuse(_ exchange: Exchange, with effect: Fault.Effect) -> Answer {
        switch effect {
        case .throttle(let seconds):
            var answer = answer(.throttled, exchange)
            if let seconds { answer.headers[.retryAfter] = String(seconds) }
            return answer
        case .status(let status, let code):
            return answer(TokenError(status: status, error: code, code: 0, message: "An injected fault."), exchange)
        default:
            return answer(.timedOut, exchange)
        }
    }

    private func answer(_ error: TokenError, _ exchange: Exchange) -> Answer {
        let correlationID = exchange.headers[.clientRequestIDForEntra].flatMap { GUID($0) } ?? .random()
        return Answer(
            status: error.status,
            headers: Self.headers,
            body: error.body(traceID: .random(), correlationID: correlationID, at: clock.now())
        )
    }

    private static let headers: HTTPFields = [
        .cacheControl: "no-store, no-cache",
        .pragma: "no-cache",
        .expires: "-1",
        .strictTransportSecurity: "max-age=31536000; includeSubDomains",
        .xContentTypeOptions: "nosniff",
        .contentType: "application/json; charset=utf-8",
    ]
}
