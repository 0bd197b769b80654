import HTTPTypes
import NIOConcurrencyHelpers

/// Answers the calls of ARM and Data Factory.
struct ManagementEndpoint: Sendable {
    let catalog: Catalog
    let parameterCheck: Scenario.ParameterCheck
    let queryLag: Duration
    let clock: EmulatorClock
    let ledger: NIOLockedValueBox<RunLedger>
    private let throttle: Throttle
    private let tokens: AccessTokens

    init(scenario: Scenario, tokens: AccessTokens, clock: EmulatorClock) {
        self.catalog = Catalog(scenario.factories)
        self.parameterCheck = scenario.parameterCheck
        self.queryLag = scenario.queryLag
        self.clock = clock
        self.ledger = NIOLockedValueBox(RunLedger(runIDs: scenario.runIDs, dedupe: scenario.dedupe))
        self.throttle = Throttle(scenario: scenario)
        self.tokens = tokens
    }

    func forget() {
        ledger.withLockedValue { $0.forget() }
        throttle.forget()
    }

    /// Does a call's work once everything before it is in order: version, token, subscription, budget, factory.
    /// - Parameter known: a refusal to answer once more in place of the work.
    func respond(
        _ exchange: Exchange,
        _ address: FactoryAddress,
        _ kind: OperationKind,
        known: Answer? = nil,
        work: (FactoryEntry) throws(ManagementError) -> Answer
    ) -> Answer {
        var remaining: Int?
        var answer: Answer
        do throws(ManagementError) {
            try checkVersion(exchange)
            let claims = try checkToken(exchange)
            let subscription = try catalog.subscription(address.subscriptionID)
            switch throttle.charge(kind, clientID: claims.clientID, subscriptionID: subscription, at: clock.now()) {
            case nil: break
            case .granted(let left): remaining = left
            case .refused(let seconds):
                remaining = 0
                let client = claims.clientID
                throw .throttled(kind, subscription: address.subscriptionID, client: client, seconds: seconds)
            }
            if let known { answer = known } else { answer = try work(catalog.factory(address)) }
        } catch {
            answer = error.answer()
        }
        if let remaining {
            let name: HTTPField.Name = kind == .write ? .remainingWrites : .remainingReads
            answer.headers.append(HTTPField(name: name, value: String(remaining)))
        }
        dress(&answer, exchange)
        return answer
    }

    /// The answer a fault gives in place of the call's own.
    func refuse(_ exchange: Exchange, with effect: Fault.Effect, createsRun: Bool) -> Answer {
        var error: ManagementError
        switch effect {
        case .throttle(let seconds):
            error = .throttled(.write, subscription: exchange.subscription, client: "injected", seconds: seconds ?? 10)
            if seconds == nil { error.headers[.retryAfter] = nil }
        case .status(let status, let code):
            error = ManagementError(status: status, code: code, message: "An injected fault.")
        default:
            error = .gatewayTimeout
        }
        var answer = error.answer()
        if createsRun { keepRefusal(answer, exchange) }
        dress(&answer, exchange)
        return answer
    }

    func gatewayTimeout(_ exchange: Exchange) -> Answer {
        var answer = ManagementError.gatewayTimeout.answer()
        dress(&answer, exchange)
        return answer
    }

    private func checkVersion(_ exchange: Exchange) throws(ManagementError) {
        guard let version = exchange.target.query.anyCase("api-version"), !version.isEmpty else {
            throw .missingVersion
        }
        guard version == "2018-06-01" else { throw .wrongVersion(version) }
    }

    private func checkToken(_ exchange: Exchange) throws(ManagementError) -> AccessTokens.Claims {
        guard let header = exchange.headers[.authorization] else {
            throw .unauthorized(
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.",
                authority: exchange.baseURL
            )
        }
        let scheme = "Bearer "
        guard header.prefix(scheme.count).lowercased() == scheme.lowercased() else {
            throw .unauthorized(
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header has no bearer token.",
                authority: exchange.baseURL
            )
        }
        let claims: AccessTokens.Claims
        do throws(AccessTokens.Problem) {
            claims = try tokens.check(String(header.dropFirst(scheme.count)))
        } catch .expired(let end) {
            throw .unauthorized(
                "ExpiredAuthenticationToken",
                "The access token expiry UTC time '\(end.spacedText)' is earlier than current UTC time"
                    + " '\(clock.now().spacedText)'.",
                authority: exchange.baseURL
            )
        } catch {
            throw .unauthorized(
                "InvalidAuthenticationToken",
                "The access token is invalid.",
                authority: exchange.baseURL
            )
        }
        guard Resource(claims.audience)?.isManagement(authority: exchange.authority) == true else {
            throw .wrongAudience(claims.audience, authority: exchange.baseURL)
        }
        return claims
    }

    /// Adds the headers every answer of ARM has.
    private func dress(_ answer: inout Answer, _ exchange: Exchange) {
        for field in Self.commonHeaders { answer.headers.append(field) }
        let requestID = GUID.random().description
        let correlationID = exchange.headers[.correlationRequestID].flatMap { GUID($0)?.description } ?? requestID
        answer.headers.append(HTTPField(name: .requestID, value: requestID))
        answer.headers.append(HTTPField(name: .correlationRequestID, value: correlationID))
        let routing = "EMULATOR:\(clock.now().compactText):\(requestID)"
        answer.headers.append(HTTPField(name: .routingRequestID, value: routing))
        if exchange.headers[.returnClientRequestID]?.lowercased() == "true",
            let clientRequestID = exchange.headers[.clientRequestID]
        {
            answer.headers.append(HTTPField(name: .clientRequestID, value: clientRequestID))
        }
    }

    private static let commonHeaders: [HTTPField] = [
        HTTPField(name: .cacheControl, value: "no-cache"),
        HTTPField(name: .pragma, value: "no-cache"),
        HTTPField(name: .expires, value: "-1"),
        HTTPField(name: .strictTransportSecurity, value: "max-age=31536000; includeSubDomains"),
        HTTPField(name: .xContentTypeOptions, value: "nosniff"),
    ]
}

extension Exchange {
    /// The subscription of the path, for the text of a refusal.
    fileprivate var subscription: String {
        target.segments.count > 1 ? target.segments[1] : ""
    }
}
