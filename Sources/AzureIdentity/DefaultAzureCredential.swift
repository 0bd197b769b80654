internal import Logging
internal import NIOConcurrencyHelpers

/// Whichever credential is set up: a client secret, a certificate, a workload identity, a managed identity, the Azure
/// CLI's login; in this order.
///
/// A credential that is not set up is passed over: a value is missing, there is no metadata service, nobody is logged
/// in. One that is set up and fails ends the search with its error, whatever the cause. Going on would let a wrong secret
/// or a minute's trouble at Entra ID decide who the program is. Once a credential has given a token it is the only one
/// that is asked, unless one before it was passed over for something that may pass, such as a metadata service that did
/// not answer in time: then the search begins anew with each token.
///
/// In production name one credential instead: a chain hides mistakes, and off Azure it waits for a metadata service.
public final class DefaultAzureCredential: TokenCredential {
    /// One credential of the chain, or why it could not even be made.
    typealias Link = Result<any TokenCredential, AzureIdentityError>

    private struct Choice {
        let credential: any TokenCredential
        /// Whether each credential before it is absent for certain.
        let isFinal: Bool
    }

    private enum LogKey {
        static let credential = "azure.credential"
        static let passedOver = "azure.credential.passed_over"
    }

    /// The order, which is that of azure-identity (Python 1.27) without the credentials of a desk.
    static let order: [CredentialKind] = [
        .clientSecret, .clientCertificate, .workloadIdentity, .managedIdentity, .azureCLI,
    ]

    private let links: [Link]
    private let choice = NIOLockedValueBox<Choice?>(nil)

    /// Makes the chain. Nothing is sent, read or started yet.
    ///
    /// - Parameters:
    ///   - configuration: The values of all its credentials.
    ///   - transport: What sends the requests.
    public convenience init(_ configuration: CredentialConfiguration, transport: any HTTPTransport) {
        let links = Self.order.map { kind in
            do throws(AzureIdentityError) {
                return Link.success(try configuration.credential(kind, transport: transport))
            } catch {
                return Link.failure(error)
            }
        }
        self.init(links: links)
    }

    init(links: [Link]) {
        self.links = links
    }

    /// `default`, and behind a colon the credential it found, once it found one.
    public var description: String {
        choice.withLockedValue { $0 }.map { "default: \($0.credential)" } ?? "default"
    }

    /// Asks the credential found before, else one after another.
    ///
    /// - Throws: ``AzureIdentityError``: that of the credential which is set up and failed; or, if none is, one that names
    ///   each and why it was passed over. The latter is a matter of configuration only if each of the causes is.
    public func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken {
        if let choice = choice.withLockedValue({ $0 }), choice.isFinal {
            return try await choice.credential.token(for: scope, claims: claims)
        }
        var passedOver: [AzureIdentityError] = []
        for link in links {
            do throws(AzureIdentityError) {
                let credential = try link.get()
                let token = try await credential.token(for: scope, claims: claims)
                choose(credential, passedOver)
                return token
            } catch {
                guard error.isAbsent else { throw error }
                passedOver.append(error)
            }
        }
        throw AzureIdentityError(
            code: passedOver.first { !$0.isConfiguration }?.code ?? .configuration,
            message: "no credential is set up: \(Self.list(passedOver))",
            credential: description
        )
    }

    private func choose(_ credential: any TokenCredential, _ passedOver: [AzureIdentityError]) {
        let found = Choice(credential: credential, isFinal: passedOver.allSatisfy(\.isConfiguration))
        let isNews = choice.withLockedValue { choice in
            // Of two first callers the slower one keeps what the quicker one found.
            if choice?.isFinal == true { return false }
            defer { choice = found }
            return choice?.credential.description != credential.description
        }
        guard isNews else { return }
        // Info, because who the program is must be known when something is refused, and no error tells it.
        Logger.current.info(
            "Azure credential found",
            metadata: [LogKey.credential: "\(credential)", LogKey.passedOver: "\(Self.list(passedOver))"]
        )
    }

    private static func list(_ errors: [AzureIdentityError]) -> String {
        errors.map { BoundedText.cut("\($0.credential): \($0.message)", toBytes: 512) }.joined(separator: "; ")
    }
}
