/// The applications of each tenant, and whether a request proves to come from one of them.
struct ClientDirectory: Sendable {
    private let tenants: [Scenario.Tenant]

    init(_ tenants: [Scenario.Tenant]) {
        self.tenants = tenants
    }

    /// Whether there is such a tenant; without tenants there is any.
    func knows(tenant: String) -> Bool {
        tenants.isEmpty || tenants.contains { $0.tenantID.lowercased() == tenant.lowercased() }
    }

    /// Refuses a request that does not come from the application it names. Without tenants anyone is let in.
    /// - Parameters:
    ///   - endpoint: the URL the request came to, which an assertion must be for.
    func authenticate(
        _ request: TokenRequest,
        tenant: String,
        endpoint: String,
        at now: Timestamp
    ) throws(TokenError) {
        if tenants.isEmpty { return }
        let inTenant = tenants.filter { $0.tenantID.lowercased() == tenant.lowercased() }
        guard !inTenant.isEmpty else { throw .unknownTenant(tenant) }
        // An application may be listed more than once, with one proof each.
        let entries = inTenant.filter { $0.clientID.lowercased() == request.clientID.lowercased() }
        guard !entries.isEmpty else { throw .unknownClient(request.clientID, tenant: tenant) }
        switch request.proof {
        case .secret(let secret):
            guard let entry = entries.first(where: { $0.clientSecret == secret }) else {
                throw .wrongSecret(clientID: request.clientID)
            }
            if entry.isSecretExpired { throw .expiredSecret(clientID: request.clientID) }
        case .assertion(let text):
            let check = AssertionCheck(
                clientID: request.clientID,
                certificates: entries.flatMap(\.certificates),
                federated: entries.flatMap(\.federated),
                endpoint: endpoint,
                now: now
            )
            try check.check(text)
        }
    }
}
