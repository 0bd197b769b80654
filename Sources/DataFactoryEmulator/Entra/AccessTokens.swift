import Crypto
import FoundationEssentials
import NIOConcurrencyHelpers

/// Makes and checks access tokens: JSON web tokens in form, signed with a key every emulator shares, so that a
/// token outlives a restart of the emulator as it outlives one of Azure's servers.
struct AccessTokens: Sendable {
    /// What a good token says.
    struct Claims: Sendable {
        var clientID: String
        var expires: Timestamp
        /// Whether it was asked for with claims that a service had demanded.
        var hasClaims = false
    }

    enum Problem: Error {
        case malformed
        case expired(at: Timestamp)
    }

    private static let header = encode(Array(#"{"typ":"JWT","alg":"HS256"}"#.utf8))
    private static let key = SymmetricKey(data: Array("adf-emulator signs for tests only".utf8))

    // A bound against clients that fetch a token for each call; forgetting one costs a signature check.
    private static let rememberedTokens = 1024

    private let clock: EmulatorClock
    private let remembered = NIOLockedValueBox<[String: Claims]>([:])

    init(clock: EmulatorClock) {
        self.clock = clock
    }

    func issue(tenant: String, clientID: String, audience: String, lifetimeSeconds: Int, hasClaims: Bool) -> String {
        let now = clock.now().secondsSince1970
        let payload = JSONOutput.object { output in
            output.member("aud", audience)
            output.member("iss", "https://sts.windows.net/\(tenant)/")
            output.member("iat") { $0.integer(now) }
            output.member("nbf") { $0.integer(now) }
            output.member("exp") { $0.integer(now + Int64(lifetimeSeconds)) }
            output.member("appid", clientID)
            output.member("tid", tenant)
            output.member("uti", GUID.random().description)
            if hasClaims { output.member("has_claims") { $0.flag(true) } }
        }
        let signed = "\(Self.header).\(Self.encode(payload))"
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
            let payload = Self.decode(parts[1]), let claims = Claims(payload)
        else { throw .malformed }
        remembered.withLockedValue { remembered in
            if remembered.count >= Self.rememberedTokens { remembered.removeAll(keepingCapacity: true) }
            remembered[token] = claims
        }
        return claims
    }

    private static func signature(of text: String) -> String {
        encode(Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)))
    }

    private static func encode(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func decode(_ text: Substring) -> [UInt8]? {
        let standard = text.replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
        return Data(base64Encoded: standard + padding).map { Array($0) }
    }
}

extension AccessTokens.Claims {
    fileprivate init?(_ payload: [UInt8]) {
        guard let document = try? JSONDocument(payload), case .object(let members) = document.root.kind,
            let clientID = members.first(where: { $0.name == "appid" })?.value,
            case .string(let clientID) = clientID.kind,
            let expires = members.first(where: { $0.name == "exp" })?.value,
            let expires = Int64(document.text(of: expires))
        else { return nil }
        self.init(
            clientID: clientID,
            expires: Timestamp(secondsSince1970: expires),
            hasClaims: members.contains { $0.name == "has_claims" }
        )
    }
}
