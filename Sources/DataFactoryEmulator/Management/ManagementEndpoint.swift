import HTTPTypes
import NIOConcurrencyHelpers

/// Answers the calls of ARM and Data Factory.
struct ManagementEndpoint: Sendable {
    let catalog: Catalog
    let parameterCheck: Scenario.ParameterCheck
    let queryLag: Duration
    let unknownRunStatus: Int
    let clock: EmulatorClock
    let ledger: NIOLockedValueBox<RunLedger>
    private let access: AccessRules
    private let throttle: Throttle
    private let tokens: AccessTokens

    init(scenario: Scenario, tokens: AccessTokens, clock: EmulatorClock) {
        self.catalog = Catalog(scenario.factories)
        self.parameterCheck = scenario.parameterCheck
        self.queryLag = scenario.queryLag
        self.unknownRunStatus = scenario.unknownRunStatus
        self.clock = clock
        self.ledger = NIOLockedValueBox(RunLedger(rules: RunLedger.Rules(scenario)))
        self.access = AccessRules(scenario.tenants)
        self.throttle = Throttle(scenario: scenario)
        self.tokens = tokens
    }

    func forget() {
        ledger.withLockedValue { $0.forget() }
        throttle.forget()
    }

    /// Does a call's work once everything before it is in order: version, token, subscription, budget, permission,
    /// factory.
    /// - Parameter known: a refusal to answer once more in place of the work.
    func respond(
        _ exchange: Exchange,
        _ address: FactoryAddress,
        _ operation: Operation,
        known: Answer? = nil,
        work: (FactoryEntry) throws(ManagementError) -> Answer
    ) -> Answer {
        let kind = operation.kind
        var remaining = Throttle.Remaining()
        var answer: Answer
        do throws(ManagementError) {
            try checkVersion(exchange)
            let claims = try checkToken(exchange)
            let subscription = try catalog.subscription(address.subscriptionID)
            switch throttle.charge(kind, clientID: claims.clientID, subscriptionID: subscription, at: clock.now()) {
            case .granted(let left): remaining = left
            case .refused(let left, let seconds):
                remaining = left
                let client = claims.clientID
                throw .throttled(kind, subscription: address.subscriptionID, client: client, seconds: seconds)
            }
            guard access.allows(operation, clientID: claims.clientID) else {
                let scope = operation.scope(of: exchange.target)
                throw .forbidden(clientID: claims.clientID, action: operation.action, scope: scope)
            }
            if let known { answer = known } else { answer = try work(catalog.factory(address)) }
        } catch {
            answer = error.answer()
        }
        let (own, global): (HTTPField.Name, HTTPField.Name) =
            kind == .write
            ? (.remainingWrites, .remainingGlobalWrites) : (.remainingReads, .remainingGlobalReads)
        if let left = remaining.own { answer.headers[own] = String(left) }
        if let left = remaining.global { answer.headers[global] = String(left) }
        dress(&answer, exchange)
        return answer
    }

    private func checkVersion(_ exchange: Exchange) throws(ManagementError) {
        guard let version = exchange.target.query.anyCase("api-version"), !version.isEmpty else {
            throw .missingVersion
        }
        guard version == "2018-06-01" else { throw .wrongVersion(version) }
    }

    func checkToken(_ exchange: Exchange) throws(ManagementError) -> AccessTokens.Claims {
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
    func dress(_ answer: inout Answer, _ exchange: Exchange) {
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
        HTTPField(name: .poweredBy, value: "ASP.NET"),
    ]
}

extension RunLedger.Rules {
    fileprivate init(_ scenario: Scenario) {
        self.init(
            runIDs: scenario.runIDs,
            dedupe: scenario.dedupe,
            queueLimit: scenario.queueLimit,
            queueOverflow: scenario.queueOverflow,
            keptRuns: scenario.keptRuns
        )
    }
}
