import HTTPTypes

/// Answers `POST /{tenant}/oauth2/v2.0/token` as Entra ID does.
struct TokenEndpoint: Sendable {
    private let tenants: [Scenario.Tenant]
    private let lifetimeSeconds: Int
    private let tokens: AccessTokens
    private let clock: EmulatorClock

    init(scenario: Scenario, tokens: AccessTokens, clock: EmulatorClock) {
        self.tenants = scenario.tenants
        self.lifetimeSeconds = scenario.tokenLifetimeSeconds
        self.tokens = tokens
        self.clock = clock
    }

    func issue(_ exchange: Exchange, tenant: String, version: EntraVersion) -> Answer {
        do throws(TokenError) {
            let request = try ClientCredentials(exchange)
            try authenticate(request, tenant: tenant)
            let token = tokens.issue(
                tenant: tenant,
                clientID: request.clientID,
                audience: request.audience,
                lifetimeSeconds: lifetimeSeconds,
                hasClaims: request.hasClaims
            )
            let body = JSONOutput.object { output in
                output.member("token_type", "Bearer")
                output.member("expires_in") { $0.integer(lifetimeSeconds) }
                output.member("ext_expires_in") { $0.integer(lifetimeSeconds) }
                output.member("access_token", token)
            }
            return Answer(status: 200, headers: Self.headers, body: body)
        } catch {
            return answer(error, exchange)
        }
    }

    /// The answer to a verb other than POST.
    func refuse(_ exchange: Exchange, method: String) -> Answer {
        answer(.wrongMethod(method), exchange)
    }

    /// The answer a fault gives in place of a token.
    func refuse(_ exchange: Exchange, with effect: Fault.Effect) -> Answer {
        switch effect {
        case .throttle(let seconds):
            let error = TokenError(
                status: 429,
                error: "temporarily_unavailable",
                code: 90055,
                message: "The tenant has exceeded the number of requests it may send; try again later."
            )
            var answer = answer(error, exchange)
            if let seconds { answer.headers[.retryAfter] = String(seconds) }
            return answer
        case .status(let status, let code):
            return answer(TokenError(status: status, error: code, code: 0, message: "An injected fault."), exchange)
        default:
            let error = TokenError(
                status: 504,
                error: "temporarily_unavailable",
                code: 90012,
                message: "The request has timed out."
            )
            return answer(error, exchange)
        }
    }

    private func authenticate(_ request: ClientCredentials, tenant: String) throws(TokenError) {
        if tenants.isEmpty { return }
        let inTenant = tenants.filter { $0.tenantID.lowercased() == tenant.lowercased() }
        guard !inTenant.isEmpty else { throw .unknownTenant(tenant) }
        let ofClient = inTenant.filter { $0.clientID.lowercased() == request.clientID.lowercased() }
        guard !ofClient.isEmpty else { throw .unknownClient(request.clientID, tenant: tenant) }
        guard ofClient.contains(where: { $0.clientSecret == request.clientSecret }) else {
            throw .wrongSecret(clientID: request.clientID)
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
