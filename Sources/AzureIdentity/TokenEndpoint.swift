#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Entra ID's v2 token endpoint of one tenant, as an application asks it. What differs between the credentials is the
/// proof of who asks.
struct TokenEndpoint: Sendable {
    /// What marks a signed token as the proof (RFC 7523, section 2.2).
    static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    /// A value of the form that proves who asks.
    struct Proof: Sendable {
        let name: String
        let secret: Secret
        /// What goes into the form beside it.
        var type: String?
    }

    let credential: String
    let tenantID: String
    let clientID: String
    /// The address requests go to, which is also the audience of an assertion.
    let url: String
    private let transport: any HTTPTransport
    private let timeout: Duration
    /// The time of day.
    let now: @Sendable () -> Date

    /// - Parameters:
    ///   - kind: The credential's word for itself.
    ///   - authorityHost: A host, or a URL without a path; https where it names no scheme.
    init(
        kind: CredentialKind,
        tenantID: String,
        clientID: String,
        authorityHost: String,
        transport: any HTTPTransport,
        timeout: Duration,
        now: @escaping @Sendable () -> Date
    ) {
        credential = "\(kind.rawValue)(tenant: \(tenantID), client: \(clientID))"
        self.tenantID = tenantID
        self.clientID = clientID
        url = "\(Self.authority(from: authorityHost))/\(tenantID)/oauth2/v2.0/token"
        self.transport = transport
        self.timeout = timeout
        self.now = now
    }

    /// Asks for a token, once.
    func token(
        for scope: String,
        claims: String?,
        proof: Proof
    ) async throws(AzureIdentityError) -> AccessToken {
        var form = [("client_id", clientID), ("scope", scope)]
        if let type = proof.type { form.append(("\(proof.name)_type", type)) }
        form.append((proof.name, proof.secret.value))
        form.append(("grant_type", "client_credentials"))
        if let claims { form.append(("claims", claims)) }
        let request = HTTPRequest(
            method: .post,
            url: url,
            headers: [
                HTTPHeader(name: "accept", value: "application/json"),
                HTTPHeader(name: "content-type", value: "application/x-www-form-urlencoded"),
            ],
            body: Array(form.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&").utf8),
            timeout: timeout
        )

        let reply = TokenReply(
            credential: credential,
            service: "the token endpoint",
            secrets: [proof.secret],
            asked: now()
        )
        let response: HTTPResponse
        do {
            response = try await transport.send(request)
        } catch {
            throw reply.failure(of: error)
        }
        return try reply.token(from: response)
    }

    /// - Throws: ``AzureIdentityError`` with ``AzureIdentityError/Code-swift.struct/configuration`` if tenant or client
    ///   cannot be what they should be.
    func checkNames() throws(AzureIdentityError) {
        if !Self.isTenant(tenantID) { throw misconfigured("the tenant id is no directory id and no domain name") }
        if clientID.isEmpty { throw misconfigured("the client id is empty") }
    }

    /// An error that somebody has to mend.
    func misconfigured(_ message: String) -> AzureIdentityError {
        AzureIdentityError(code: .configuration, message: message, credential: credential)
    }

    /// Letters, digits, dots and hyphens, as azure-identity (Python 1.27) checks it; it becomes a path segment.
    static func isTenant(_ text: String) -> Bool {
        !text.isEmpty && !text.utf8.allSatisfy { $0 == UInt8(ascii: ".") }
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                    || scalar == "." || scalar == "-"
            }
    }

    private static func authority(from host: String) -> String {
        var authority = host[...]
        while authority.last == "/" { authority.removeLast() }
        return authority.contains("://") ? String(authority) : "https://\(authority)"
    }
}
