import FoundationEssentials
import HTTPTypes

/// Gives tokens to whoever runs on the machine, in each of the ways Azure has for it.
struct ManagedIdentityEndpoint: Sendable {
    private let identities: ManagedIdentities
    private let tenant: String
    private let lifetimeSeconds: Int
    private let identityHeader: String?
    private let arcKeyFile: String?
    private let tokens: AccessTokens
    private let clock: EmulatorClock

    init(scenario: Scenario, tokens: AccessTokens, clock: EmulatorClock) {
        self.identities = ManagedIdentities(scenario.managedIdentities)
        self.tenant = scenario.tenants.first?.tenantID ?? "00000000-0000-0000-0000-000000000000"
        self.lifetimeSeconds = scenario.tokenLifetimeSeconds
        self.identityHeader = scenario.identityHeader
        self.arcKeyFile = scenario.arcKeyFile
        self.tokens = tokens
        self.clock = clock
    }

    func issue(_ exchange: Exchange, _ route: IdentityRoute) -> Answer {
        do throws(ManagedIdentityError) {
            switch route {
            case .imds:
                return try imds(exchange)
            case .appService:
                guard let identityHeader else { return ManagementError.unknownPath.answer() }
                return try appService(exchange, identityHeader: identityHeader)
            case .arc:
                guard let arcKeyFile else { return ManagementError.unknownPath.answer() }
                return try arc(exchange, keyFile: arcKeyFile)
            }
        } catch {
            return answer(error, route)
        }
    }

    /// The answer a fault gives in place of a token.
    func refuse(_ exchange: Exchange, _ route: IdentityRoute, with effect: Fault.Effect) -> Answer {
        var error = ManagedIdentityError(status: 504, error: "timeout", message: "The request has timed out")
        switch effect {
        case .throttle(let seconds):
            error = ManagedIdentityError(status: 429, error: "too_many_requests", message: "Too many requests")
            if let seconds { error.headers[.retryAfter] = String(seconds) }
        case .status(let status, let code):
            error = ManagedIdentityError(status: status, error: code, message: "An injected fault.")
        default: break
        }
        return answer(error, route)
    }

    // MARK: - The three endpoints

    private func imds(_ exchange: Exchange) throws(ManagedIdentityError) -> Answer {
        try checkMetadata(exchange)
        let query = exchange.target.query
        let version = try query.required("api-version")
        // Of the form of a date; 2018-02-01 is the first that gives tokens.
        guard version.utf8.count == 10, version >= "2018-02-01", version < "3" else { throw .wrongVersion(version) }
        let choice = ManagedIdentities.Choice(
            clientID: query["client_id"],
            objectID: query["object_id"],
            resourceID: query["msi_res_id"]
        )
        return try answer(exchange, choice, members: .all)
    }

    private func appService(_ exchange: Exchange, identityHeader: String) throws(ManagedIdentityError) -> Answer {
        let query = exchange.target.query
        let version = try query.required("api-version")
        let (given, choice): (String?, ManagedIdentities.Choice)
        switch version {
        case "2019-08-01":
            given = exchange.headers[.identityHeader]
            choice = ManagedIdentities.Choice(
                clientID: query["client_id"],
                objectID: query["principal_id"] ?? query["object_id"],
                resourceID: query["mi_res_id"]
            )
        case "2017-09-01":
            given = exchange.headers[.identitySecret]
            choice = ManagedIdentities.Choice(clientID: query["clientid"])
        default:
            throw .wrongVersion(version)
        }
        guard given == identityHeader else { throw .wrongHeader }
        return try answer(exchange, choice, members: version == "2017-09-01" ? .fewest : .withoutDuration)
    }

    private func arc(_ exchange: Exchange, keyFile: String) throws(ManagedIdentityError) -> Answer {
        try checkMetadata(exchange)
        let query = exchange.target.query
        let version = try query.required("api-version")
        guard version == "2020-06-01" else { throw .wrongVersion(version) }
        // The agent makes the key anew for each challenge; here it is whatever the file holds at that moment.
        guard let header = exchange.headers[.authorization], header.hasPrefix("Basic "),
            let key = try? Data(contentsOf: URL(filePath: keyFile)), !key.isEmpty,
            Array(header.dropFirst("Basic ".count).utf8) == Array(key)
        else { throw .challenge(keyFile: keyFile) }
        // A machine outside Azure has no identity but its own.
        let choice = ManagedIdentities.Choice(
            clientID: query["client_id"],
            objectID: query["object_id"],
            resourceID: query["msi_res_id"]
        )
        guard choice.count == 0 else { throw .unknownIdentity }
        return try answer(exchange, choice, members: .all)
    }

    private func checkMetadata(_ exchange: Exchange) throws(ManagedIdentityError) {
        guard exchange.headers[.metadata]?.lowercased() == "true" else { throw .noMetadataHeader }
        if exchange.headers[.xForwardedFor] != nil { throw .forwarded }
    }

    // MARK: - Answers

    /// Which members of a token's answer an endpoint gives.
    private enum Members {
        case all
        case withoutDuration
        case fewest
    }

    private func answer(
        _ exchange: Exchange,
        _ choice: ManagedIdentities.Choice,
        members: Members
    ) throws(ManagedIdentityError) -> Answer {
        let name = try exchange.target.query.required("resource")
        guard let resource = Resource(name), resource.isKnown(authority: exchange.authority) else {
            throw .unknownResource(name)
        }
        let identity = try identities.identity(choice)
        let token = tokens.issue(
            AccessTokens.Grant(
                tenant: tenant,
                clientID: identity.clientID,
                audience: name,
                lifetimeSeconds: lifetimeSeconds,
                claims: RequestedClaims()
            )
        )
        let now = clock.now().secondsSince1970
        let body = JSONOutput.object { output in
            output.member("access_token", token)
            if members != .fewest { output.member("client_id", identity.clientID) }
            if members == .all {
                output.member("expires_in", String(lifetimeSeconds))
                output.member("ext_expires_in", String(lifetimeSeconds))
            }
            output.member("expires_on", String(now + Int64(lifetimeSeconds)))
            if members != .fewest { output.member("not_before", String(now)) }
            output.member("resource", name)
            output.member("token_type", "Bearer")
        }
        return .json(body)
    }

    /// App Service has a shape of its own for refusals.
    private func answer(_ error: ManagedIdentityError, _ route: IdentityRoute) -> Answer {
        let body = JSONOutput.object { output in
            if route == .appService {
                output.member("statusCode") { $0.integer(error.status) }
                output.member("message", error.message)
                output.member("correlationId", GUID.random().description)
            } else {
                output.member("error", error.error)
                output.member("error_description", error.message)
            }
        }
        var headers = error.headers
        headers[.contentType] = "application/json; charset=utf-8"
        return Answer(status: error.status, headers: headers, body: body)
    }
}

extension FormFields {
    fileprivate func required(_ name: String) throws(ManagedIdentityError) -> String {
        guard let value = self[name], !value.isEmpty else { throw .missing(name) }
        return value
    }
}
