#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What a token endpoint says when it gives a token.
struct TokenAnswer: Decodable {
    let accessToken: String
    /// Seconds from the answer on.
    let expiresIn: Double
    /// Seconds after which Entra ID wants the token replaced; sent for long-lived tokens.
    let refreshIn: Double?

    private enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
        case expiresIn = "expires_in"
        case refreshIn = "refresh_in"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        accessToken = try values.decode(String.self, forKey: .accessToken)
        expiresIn = try values.decode(Seconds.self, forKey: .expiresIn).value
        refreshIn = (try? values.decodeIfPresent(Seconds.self, forKey: .refreshIn))?.value
    }

    /// A number, or a number in a string as the v1 endpoint and managed identities write it.
    private struct Seconds: Decodable {
        let value: Double

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            let number = try (try? container.decode(Double.self)) ?? Double(container.decode(String.self))
            guard let number, number.isFinite, number > 0, number < 1e9 else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a number of seconds")
            }
            value = number
        }
    }
}
