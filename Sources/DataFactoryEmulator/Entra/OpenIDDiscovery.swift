/// Says where the endpoints of a tenant are, as Microsoft's sign-in libraries ask before they ask for a token. All of
/// it lies under the URL the client came by.
enum OpenIDDiscovery {
    /// `GET /{tenant}/v2.0/.well-known/openid-configuration`, and without `v2.0` for the older endpoint.
    static func configuration(_ exchange: Exchange, tenant: String, version: EntraVersion) -> Answer {
        let base = "\(exchange.baseURL)/\(tenant)"
        let oauth = version == .v2 ? "\(base)/oauth2/v2.0" : "\(base)/oauth2"
        let body = JSONOutput.object { output in
            output.member("token_endpoint", "\(oauth)/token")
            output.member("token_endpoint_auth_methods_supported") { output in
                output.strings(["client_secret_post", "private_key_jwt", "client_secret_basic"])
            }
            output.member("jwks_uri", "\(base)/discovery/\(version == .v2 ? "v2.0/" : "")keys")
            output.member("response_types_supported") { $0.strings(["code", "id_token"]) }
            output.member("subject_types_supported") { $0.strings(["pairwise"]) }
            output.member("id_token_signing_alg_values_supported") { $0.strings(["RS256"]) }
            output.member("scopes_supported") { $0.strings(["openid", "profile", "email", "offline_access"]) }
            output.member("issuer", version == .v2 ? "\(base)/v2.0" : "\(base)/")
            output.member("authorization_endpoint", "\(oauth)/authorize")
            output.member("device_authorization_endpoint", "\(oauth)/devicecode")
            output.member("end_session_endpoint", "\(oauth)/logout")
        }
        return .json(body)
    }

    /// `GET /common/discovery/instance`: this authority is known, and has no other names.
    static func instance(_ exchange: Exchange) -> Answer {
        let asked = exchange.target.query["authorization_endpoint"] ?? ""
        let tenant = asked.split(separator: "/").dropFirst(2).first.map(String.init) ?? "common"
        let configuration = "\(exchange.baseURL)/\(tenant)/v2.0/.well-known/openid-configuration"
        let body = JSONOutput.object { output in
            output.member("tenant_discovery_endpoint", configuration)
            output.member("api-version", "1.1")
            output.member("metadata") { output in
                output.array { output in
                    output.object { output in
                        output.member("preferred_network", exchange.authority)
                        output.member("preferred_cache", exchange.authority)
                        output.member("aliases") { $0.strings([exchange.authority]) }
                    }
                }
            }
        }
        return .json(body)
    }

    /// `GET /{tenant}/discovery/v2.0/keys`: none, as the emulator's tokens are for the emulator alone to check.
    static func keys() -> Answer {
        .json(JSONOutput.object { $0.member("keys") { $0.array { _ in } } })
    }
}
