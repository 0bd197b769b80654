#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A bearer token and how long it is good for. It prints without the token.
public struct AccessToken: Sendable, Hashable {
    /// The token itself. Whoever holds it can act as the credential's principal: never log it.
    public let token: String

    /// When the service stops accepting the token.
    public let expiresOn: Date

    /// When the issuer wants it replaced, if it said so.
    public let refreshOn: Date?

    /// The value of an `Authorization` header, made once because every request needs it.
    package let authorization: String

    /// Makes a token; for credentials.
    public init(token: String, expiresOn: Date, refreshOn: Date? = nil) {
        self.token = token
        self.expiresOn = expiresOn
        self.refreshOn = refreshOn
        authorization = "Bearer \(token)"
    }
}

extension AccessToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The expiry alone.
    public var description: String { "AccessToken(expires: \(Int(expiresOn.timeIntervalSince1970)))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Hides the token from `dump`.
    public var customMirror: Mirror { Mirror(self, children: ["expiresOn": expiresOn]) }
}
