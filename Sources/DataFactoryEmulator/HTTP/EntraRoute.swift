/// What a request asks of Entra ID.
enum EntraRoute: Sendable {
    case token(tenant: String, EntraVersion)
    /// The token endpoint, by another verb than POST.
    case tokenByWrongMethod(String)
    case configuration(tenant: String, EntraVersion)
    case instance
    case keys

    init?(method: String, segments: [String], keys: [String]) {
        guard let tenant = segments.first else { return nil }
        let rest = keys.dropFirst()
        switch Array(rest) {
        case ["oauth2", "v2.0", "token"]: self = .token(tenant: tenant, .v2)
        case ["oauth2", "token"]: self = .token(tenant: tenant, .v1)
        case ["v2.0", ".well-known", "openid-configuration"]: self = .configuration(tenant: tenant, .v2)
        case [".well-known", "openid-configuration"]: self = .configuration(tenant: tenant, .v1)
        case ["discovery", "instance"] where keys.first == "common": self = .instance
        case ["discovery", "v2.0", "keys"], ["discovery", "keys"]: self = .keys
        default: return nil
        }
        if case .token = self {
            if method != "POST" { self = .tokenByWrongMethod(method) }
        } else if method != "GET" {
            return nil
        }
    }

    /// The name it is counted under.
    var name: RouteName {
        switch self {
        case .token, .tokenByWrongMethod: .token
        case .configuration, .instance, .keys: .discovery
        }
    }
}
