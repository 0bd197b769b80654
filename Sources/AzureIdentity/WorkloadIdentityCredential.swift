#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// An application that proves itself with a token of another issuer which Entra ID trusts: a Kubernetes service account
/// in AKS, a job of a pipeline.
///
/// The token stands in a file that its issuer replaces before it ends. The file is read anew for each request; they are
/// an hour apart, so there is nothing to gain from keeping it.
public struct WorkloadIdentityCredential: TokenCredential {
    /// Such tokens have 1 to 2 KiB; a file beyond this is not one.
    private static let largestFile = 64 * 1024

    private let endpoint: TokenEndpoint
    private let tokenFile: String

    /// Makes the credential. Nothing is sent and no file is read yet; a wrong value is the first ``token(for:)``'s
    /// error.
    ///
    /// - Parameters:
    ///   - tenantID: The directory's id, or one of its domain names.
    ///   - clientID: The id of the application, or of the managed identity, that has the federated credential.
    ///   - tokenFile: The file with the other issuer's token.
    ///   - authorityHost: The cloud's login host, such as `login.microsoftonline.com`, or its URL.
    ///   - transport: What sends the requests.
    ///   - timeout: How long one token request may take.
    public init(
        tenantID: String,
        clientID: String,
        tokenFile: String,
        authorityHost: String,
        transport: any HTTPTransport,
        timeout: Duration = ClientSecretCredential.defaultTimeout
    ) {
        self.init(
            tenantID: tenantID,
            clientID: clientID,
            tokenFile: tokenFile,
            authorityHost: authorityHost,
            transport: transport,
            timeout: timeout,
            now: { Date() }
        )
    }

    init(
        tenantID: String,
        clientID: String,
        tokenFile: String,
        authorityHost: String,
        transport: any HTTPTransport,
        timeout: Duration,
        now: @escaping @Sendable () -> Date
    ) {
        endpoint = TokenEndpoint(
            kind: .workloadIdentity,
            tenantID: tenantID,
            clientID: clientID,
            authorityHost: authorityHost,
            transport: transport,
            timeout: timeout,
            now: now
        )
        self.tokenFile = tokenFile
    }

    /// `workload-identity(tenant: …, client: …)`
    public var description: String { endpoint.credential }

    /// Reads the file and asks Entra ID for a token, once.
    ///
    /// - Throws: ``AzureIdentityError``; a file that is missing, empty or too large is a matter of configuration.
    public func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken {
        try endpoint.checkNames()
        return try await endpoint.token(
            for: scope,
            claims: claims,
            proof: TokenEndpoint.Proof(
                name: "client_assertion",
                secret: Secret(try assertion()),
                type: TokenEndpoint.assertionType
            )
        )
    }

    private func assertion() throws(AzureIdentityError) -> String {
        let contents: [UInt8]
        do {
            contents = try BoundedFile.read(tokenFile, limit: Self.largestFile)
        } catch {
            throw endpoint.misconfigured("the federated token file \(tokenFile) \(error.text)")
        }
        let text = BoundedText.trimmed(String(decoding: contents, as: UTF8.self))
        if text.isEmpty { throw endpoint.misconfigured("the federated token file \(tokenFile) is empty") }
        guard TokenAnswer.isToken(text) else {
            throw endpoint.misconfigured("the federated token file \(tokenFile) holds something else than one token")
        }
        return text
    }
}

extension WorkloadIdentityCredential: CustomReflectable {
    /// The description alone.
    public var customMirror: Mirror { Mirror(self, children: ["credential": description]) }
}
