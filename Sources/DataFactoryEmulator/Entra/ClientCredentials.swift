/// A token request with a client secret, checked for form but not for truth.
struct ClientCredentials {
    var clientID: String
    var clientSecret: String
    /// The service the token is for.
    var audience: String
    /// Whether it carries claims that a service demanded, and not just what the client is capable of.
    var hasClaims = false

    /// The hosts ARM's tokens are named after, in the public, Chinese and US Government clouds.
    private static let managementHosts: Set<String> = [
        "management.azure.com", "management.core.windows.net",
        "management.chinacloudapi.cn", "management.core.chinacloudapi.cn",
        "management.usgovcloudapi.net", "management.core.usgovcloudapi.net",
    ]

    init(_ exchange: Exchange) throws(TokenError) {
        let text = String(decoding: exchange.body, as: UTF8.self)
        guard let form = FormFields(text[...]) else { throw .malformedForm }
        func required(_ name: String) throws(TokenError) -> String {
            guard let value = form[name], !value.isEmpty else { throw .missingParameter(name) }
            return value
        }
        let grantType = try required("grant_type")
        guard grantType == "client_credentials" else { throw .unsupportedGrantType(grantType) }
        self.clientID = try required("client_id")
        if form["resource"] != nil { throw .resourceOnVersion2 }
        let scope = try required("scope")
        guard let audience = Self.audience(of: scope, authority: exchange.authority) else { throw .badScope(scope) }
        self.audience = audience
        guard let secret = form["client_secret"], !secret.isEmpty else { throw .noProof }
        self.clientSecret = secret
        self.hasClaims = form["claims"].map(Self.demandsClaims) ?? false
    }

    /// Clients say with `xms_cc` that they understand challenges, in each request; any other claim answers one.
    private static func demandsClaims(_ claims: String) -> Bool {
        guard let document = try? JSONDocument(Array(claims.utf8)), case .object(let members) = document.root.kind,
            let token = members.first(where: { $0.name == "access_token" })?.value,
            case .object(let wanted) = token.kind
        else { return false }
        return wanted.contains { $0.name != "xms_cc" }
    }

    private static func audience(of scope: String, authority: String) -> String? {
        guard scope.hasSuffix("/.default") else { return nil }
        let resource = scope.dropLast("/.default".count)
        let pieces = resource.split(separator: "/")
        guard pieces.count == 2, pieces[0] == "https:" || pieces[0] == "http:" else { return nil }
        let host = pieces[1].lowercased()
        let isCloud = pieces[0] == "https:" && managementHosts.contains(host)
        return isCloud || host == authority.lowercased() ? String(resource) : nil
    }
}
