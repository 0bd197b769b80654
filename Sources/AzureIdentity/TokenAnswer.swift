#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What a service says when it gives a token: Entra ID, a managed identity's endpoint.
struct TokenAnswer: Decodable {
    private let accessToken: String
    /// Seconds from the answer on.
    private let expiresIn: Double?
    /// Seconds since 1970; all that App Service tells.
    private let expiresOn: Double?
    /// Seconds after which the issuer wants the token replaced; sent for long-lived tokens.
    private let refreshIn: Double?

    private enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
        case expiresIn = "expires_in"
        case expiresOn = "expires_on"
        case refreshIn = "refresh_in"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func number(_ key: CodingKeys, upTo limit: Double) -> Double? {
            guard let number = (try? values.decodeIfPresent(Number.self, forKey: key))?.value else { return nil }
            return number > 0 && number < limit ? number : nil
        }
        accessToken = try values.decode(String.self, forKey: .accessToken)
        expiresIn = number(.expiresIn, upTo: 1e9)
        expiresOn = number(.expiresOn, upTo: 1e11)
        refreshIn = number(.refreshIn, upTo: 1e9)
    }

    /// Why an answer that could be read gives no token.
    enum Flaw: Error {
        /// There is none, or nobody can tell how long it lives.
        case unusable
        /// Its end is told as a time of day, which is past here. Such tokens are not handed out, so the clock is wrong.
        case ended

        /// What to say of it.
        ///
        /// - Parameter unusable: What to say of a token that is missing.
        func message(unusable: String) -> String {
            switch self {
            case .unusable: unusable
            case .ended: "the token has ended already by this machine's clock: check the clock"
            }
        }
    }

    static func read(_ body: [UInt8]) -> TokenAnswer? {
        JSONAnswer.decode(TokenAnswer.self, from: body)
    }

    /// The token.
    ///
    /// - Parameter asked: When it was asked for. Its life is counted from before the request, so that it ends early
    ///   rather than late.
    func token(asked: Date) throws(Flaw) -> AccessToken {
        let expiry = expiresIn.map(asked.addingTimeInterval) ?? expiresOn.map(Date.init(timeIntervalSince1970:))
        guard let expiry, Self.isToken(accessToken) else { throw .unusable }
        guard expiry > asked else { throw .ended }
        return AccessToken(
            token: accessToken,
            expiresOn: expiry,
            refreshOn: refreshIn.map(asked.addingTimeInterval)
        )
    }

    /// Whether the text can stand in a header field without ending it.
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// A number, or a number in a string as the v1 endpoint and managed identities write it.
    private struct Number: Decodable {
        let value: Double

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            let number = try (try? container.decode(Double.self)) ?? Double(container.decode(String.self))
            guard let number, number.isFinite else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a number")
            }
            value = number
        }
    }
}
