extension EmulatorServices {
    /// Answers what is asked of Entra ID.
    func performEntra(_ exchange: Exchange, _ route: EntraRoute) -> Answer {
        switch route {
        case .token(let tenant, let version): tokenEndpoint.issue(exchange, tenant: tenant, version: version)
        case .tokenByWrongMethod(let method): tokenEndpoint.refuse(exchange, method: method)
        case .configuration(let tenant, let version):
            tokenEndpoint.refuse(exchange, unknownTenant: tenant)
                ?? OpenIDDiscovery.configuration(exchange, tenant: tenant, version: version)
        case .instance: OpenIDDiscovery.instance(exchange)
        case .keys: OpenIDDiscovery.keys()
        }
    }
}
