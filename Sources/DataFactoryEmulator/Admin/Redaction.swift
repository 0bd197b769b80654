import HTTPTypes

/// Takes secrets out of requests before they are kept.
enum Redaction {
    /// What stands in a secret's place.
    static let mark = "[redacted]"

    /// Headers whose value begins with a scheme that is worth seeing.
    private static let credentials: Set<String> = ["authorization", "proxy-authorization"]

    /// Headers that are secret as a whole: those of the platforms' identity endpoints, and cookies.
    private static let secrets: Set<String> = ["x-identity-header", "secret", "cookie"]

    /// Fields of token requests that hold nothing secret. Only these are shown: a secret that was not encoded breaks
    /// into fields of any name.
    private static let harmless: Set<String> = [
        "api-version", "claims", "client_assertion_type", "client_id", "client_info", "grant_type", "resource", "scope",
        "tenant", "x-client-ver", "x-client-sku",
    ]

    /// Fields of token requests that hold secrets: their names are shown.
    private static let secretFields: Set<String> = [
        "assertion", "client_assertion", "client_secret", "code", "password", "refresh_token",
    ]

    /// Lower-cased names and values, fields of one name joined, `host` first.
    static func headers(_ fields: HTTPFields, authority: String) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        if !authority.isEmpty { headers.append(("host", authority)) }
        for field in fields {
            let name = field.name.canonicalName
            let value = value(of: field.value, named: name)
            if let index = headers.firstIndex(where: { $0.name == name }) {
                headers[index].value += ", " + value
            } else {
                headers.append((name, value))
            }
        }
        return headers
    }

    /// A form or query in which every value is either known to be harmless or gone.
    static func form(_ text: String) -> String {
        text.split(separator: "&", omittingEmptySubsequences: false)
            .map { pair in
                let end = pair.firstIndex(of: "=") ?? pair.endIndex
                let name = PercentCoding.decode(pair[..<end], plusIsSpace: true) ?? ""
                if pair.isEmpty || harmless.contains(name) { return String(pair) }
                return secretFields.contains(name) && end < pair.endIndex ? "\(name)=\(mark)" : mark
            }
            .joined(separator: "&")
    }

    private static func value(of value: String, named name: String) -> String {
        if secrets.contains(name) { return mark }
        guard credentials.contains(name) else { return value }
        // Without a blank the whole value may be the secret.
        return value.firstIndex(of: " ").map { String(value[..<$0]) } ?? mark
    }
}
