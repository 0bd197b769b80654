import Crypto
import NIOConcurrencyHelpers

/// Makes and checks access tokens: JSON web tokens in form, signed with a key every emulator shares, so that a
/// token outlives a restart of the emulator as it outlives one of Azure's servers.
struct AccessTokens: Sendable {
    /// What a token is made for.
    struct Grant: Sendable {
        var tenant: String
        var clientID: String
        var audience: String
        var lifetimeSeconds: Int
        var claims: RequestedClaims
    }

    /// What a good token says.
    struct Claims: Sendable {
        var clientID: String
        /// The service it is for, as the client named it.
        var audience: String
        var expires: Timestamp
        /// What its client asked for by the `claims` parameter, and so whether it answers a claims challenge.
        var requested: RequestedClaims
    }

    enum Problem: Error {
        case malformed
        case expired(at: Timestamp)
    }

    private static let header = Base64URL.encode(Array(#"{"typ":"JWT","alg":"HS256"}"#.utf8))
    private static let key = SymmetricKey(data: Array("adf-emulator signs for tests only".utf8))

    // A bound against clients that fetch a token for each call; forgetting one costs a signature check.
    private static let rememberedTokens = 1024

    private let clock: EmulatorClock
    private let remembered = NIOLockedValueBox<[String: Claims]>([:])

    init(clock: EmulatorClock) {
        self.clock = clock
    }

    func issue(_ grant: Grant) -> String {
        let now = clock.now().secondsSince1970
        let payload = JSONOutput.object { output in
            output.member("aud", grant.audience)
            output.member("iss", "https://sts.windows.net/\(grant.tenant)/")
            output.member("iat") { $0.integer(now) }
            output.member("nbf") { $0.integer(now) }
            output.member("exp") { $0.integer(now + Int64(grant.lifetimeSeconds)) }
            output.member("appid", grant.clientID)
            output.member("tid", grant.tenant)
            output.member("uti", GUID.random().description)
            if grant.claims.isCapableOfChallenges { output.member("xms_cc") { $0.strings(["CP1"]) } }
            // Not one of Entra ID's: what a real token shows by the values that were asked for.
            if grant.claims.answersChallenge { output.member("emulator_challenge") { $0.flag(true) } }
        }
        let signed = "\(Self.header).\(Base64URL.encode(payload))"
        return "\(signed).\(Self.signature(of: signed))"
    }

    func check(_ token: String) throws(Problem) -> Claims {
        let claims: Claims
        if let known = remembered.withLockedValue({ $0[token] }) {
            claims = known
        } else {
            claims = try checkSignature(token)
        }
        guard clock.now() < claims.expires else { throw .expired(at: claims.expires) }
        return claims
    }

    private func checkSignature(_ token: String) throws(Problem) -> Claims {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, Self.signature(of: "\(parts[0]).\(parts[1])") == parts[2],
            let payload = Base64URL.decode(parts[1]), let claims = Claims(payload)
        else { throw .malformed }
        remembered.withLockedValue { remembered in
            if remembered.count >= Self.rememberedTokens { remembered.removeAll(keepingCapacity: true) }
            remembered[token] = claims
        }
        return claims
    }

    private static func signature(of text: String) -> String {
        Base64URL.encode(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
    }
}

extension AccessTokens.Claims {
    fileprivate init?(_ payload: [UInt8]) {
        guard let document = try? JSONDocument(payload), let clientID = document.root["appid"]?.string,
            let audience = document.root["aud"]?.string, let expires = document.root["exp"],
            let expires = Int64(document.text(of: expires))
        else { return nil }
        var requested = RequestedClaims()
        requested.isCapableOfChallenges = document.root["xms_cc"] != nil
        requested.answersChallenge = document.root["emulator_challenge"] != nil
        self.init(
            clientID: clientID,
            audience: audience,
            expires: Timestamp(secondsSince1970: expires),
            requested: requested
        )
    }
}
