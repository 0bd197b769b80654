#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What `az account get-access-token` prints.
struct AzureCLIAnswer: Decodable {
    private let accessToken: String
    /// Seconds since 1970; the CLI has it since version 2.54.
    private let expiresOn: Double?
    /// Local time without a zone, `2026-11-22 20:15:00.000000`.
    private let localExpiry: String?

    private enum CodingKeys: String, CodingKey {
        case accessToken
        case expiresOn = "expires_on"
        case localExpiry = "expiresOn"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        accessToken = try values.decode(String.self, forKey: .accessToken)
        expiresOn = try? values.decodeIfPresent(Double.self, forKey: .expiresOn)
        localExpiry = try? values.decodeIfPresent(String.self, forKey: .localExpiry)
    }

    static func read(_ output: [UInt8]) -> AzureCLIAnswer? {
        JSONAnswer.decode(AzureCLIAnswer.self, from: output)
    }

    /// The token.
    func token(asked: Date, in zone: TimeZone = .current) throws(TokenAnswer.Flaw) -> AccessToken {
        let expiry = expiresOn.map(Date.init(timeIntervalSince1970:)) ?? localExpiry.flatMap { Self.date($0, in: zone) }
        guard let expiry, expiry < asked.addingTimeInterval(1e9), TokenAnswer.isToken(accessToken)
        else { throw .unusable }
        guard expiry > asked else { throw .ended }
        return AccessToken(token: accessToken, expiresOn: expiry)
    }

    /// In the hour that a clock change repeats, the earlier reading is taken: a token thought to end too early is only
    /// replaced sooner.
    private static func date(_ text: String, in zone: TimeZone) -> Date? {
        let numbers = text.split { !$0.isASCII || !$0.isNumber }.prefix(6).compactMap { Int($0) }
        // A calendar goes on counting where a number is too large for its place, and does not say so.
        let places = [1970...9999, 1...12, 1...31, 0...23, 0...59, 0...60]
        guard numbers.count == places.count, zip(places, numbers).allSatisfy({ $0.contains($1) }) else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        return calendar.date(
            from: DateComponents(
                year: numbers[0],
                month: numbers[1],
                day: numbers[2],
                hour: numbers[3],
                minute: numbers[4],
                second: numbers[5]
            )
        )
    }
}
