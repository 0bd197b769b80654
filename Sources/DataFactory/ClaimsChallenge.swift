internal import AzureIdentity

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What a service demands of a token when it refuses one that is not expired: `WWW-Authenticate: Bearer …,
/// error="insufficient_claims", claims="<base64>"` (Microsoft identity platform, "Claims challenges").
enum ClaimsChallenge {
    /// The demanded claims as JSON. Nil where none are demanded or the demand cannot be read: an ordinary fresh token is
    /// what is left to try then.
    static func claims(in response: HTTPResponse) -> String? {
        for header in response.headers where header.name.equalsIgnoringASCIICase("www-authenticate") {
            for challenge in AuthenticationChallenge.parse(header.value)
            where challenge.scheme.equalsIgnoringASCIICase("bearer") {
                if let encoded = challenge.parameters["claims"], let claims = decode(encoded) { return claims }
            }
        }
        return nil
    }

    /// Reads base64 and base64url, padded or not: both have been seen.
    private static func decode(_ text: String) -> String? {
        var plain = text.map { character -> Character in
            switch character {
            case "-": "+"
            case "_": "/"
            default: character
            }
        }
        while plain.last == "=" { plain.removeLast() }
        plain.append(contentsOf: repeatElement("=", count: (4 - plain.count % 4) % 4))
        guard let data = Data(base64Encoded: String(plain)), let claims = String(bytes: data, encoding: .utf8),
            JSONAnswer.decode([String: Member].self, from: Array(data)) != nil
        else { return nil }
        return claims
    }

    /// Any value: what the claims say is between the service and Entra ID.
    private struct Member: Decodable {
        init(from decoder: any Decoder) throws {}
    }
}
