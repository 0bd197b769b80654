internal import NIOConcurrencyHelpers

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The identity that Azure gives a machine, an app or a container: no secret to keep.
///
/// The platform is recognised by the variables it sets: App Service, Functions and Container Apps, Azure Machine
/// Learning, Azure Arc, and otherwise the metadata service of virtual machines and AKS nodes. Service Fabric and Cloud
/// Shell are not supported.
///
/// The platforms keep tokens themselves, for hours, and cannot be made to give another. A claims challenge is therefore
/// met with whatever the platform has.
public struct ManagedIdentityCredential: TokenCredential {
    /// Which of a machine's identities is meant.
    public enum Identity: Sendable, Hashable {
        /// The one the machine has of its own.
        case systemAssigned
        /// The user-assigned one with this client id.
        case clientID(String)
        /// The user-assigned one with this object id.
        case objectID(String)
        /// The user-assigned one with this resource id, `/subscriptions/…/userAssignedIdentities/…`.
        case resourceID(String)
    }

    /// What tests replace.
    struct Surroundings: Sendable {
        var now: @Sendable () -> Date = { Date() }
        /// Waits between two tries; throws if the task is cancelled.
        var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
        /// Where the Azure Arc agent puts the files that prove who may ask it.
        var arcDirectory = "/var/opt/azcmagent/tokens"
    }

    let identity: Identity
    let platform: ManagedIdentityPlatform
    let transport: any HTTPTransport
    let surroundings: Surroundings
    /// Whether the metadata service is known to be there; then it is not probed again.
    let metadataServiceAnswered = NIOLockedValueBox(false)

    /// Makes the credential. Nothing is sent yet.
    ///
    /// - Parameters:
    ///   - identity: Which identity is meant.
    ///   - environment: The process's environment, for the platform's variables.
    ///   - transport: What sends the requests.
    public init(identity: Identity, environment: [String: String], transport: any HTTPTransport) {
        self.init(identity: identity, environment: environment, transport: transport, surroundings: Surroundings())
    }

    init(
        identity: Identity,
        environment: [String: String],
        transport: any HTTPTransport,
        surroundings: Surroundings
    ) {
        self.identity = identity
        platform = ManagedIdentityPlatform(environment: environment)
        self.transport = transport
        self.surroundings = surroundings
    }

    /// `managed-identity(system-assigned)`, or `managed-identity(client: …)`, `(object: …)`, `(resource: …)`.
    public var description: String {
        let name =
            switch identity {
            case .systemAssigned: "system-assigned"
            case .clientID(let id): "client: \(id)"
            case .objectID(let id): "object: \(id)"
            case .resourceID(let id): "resource: \(id)"
            }
        return "managed-identity(\(name))"
    }

    /// Asks the platform for a token. The metadata service is asked again where its documentation says so, which can
    /// take 75 s while it is being updated; the others are asked once.
    ///
    /// - Throws: ``AzureIdentityError``. An identity that does not exist and a platform that is not supported are matters
    ///   of configuration.
    public func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken {
        let isMetadataService = if case .metadataService = platform { true } else { false }
        if case .unsupported(let name) = platform {
            throw misconfigured("managed identities of \(name) are not supported", isAbsent: true)
        }
        // 10 s: the answer comes from this machine or from its host.
        guard let request = platform.request(for: Self.resource(of: scope), identity, timeout: .seconds(10)) else {
            throw misconfigured("this platform gives no tokens for an identity named like that")
        }
        if isMetadataService { return try await askMetadataService(request) }
        if case .arc = platform { return try await askArc(request) }
        let reply = reply()
        return try reply.token(from: await send(request, reply))
    }

    /// The platforms know resources where Entra ID knows scopes; that of a `.default` scope is what stands before it,
    /// with its slash.
    static func resource(of scope: String) -> String {
        scope.hasSuffix("/.default") ? String(scope.dropLast(".default".count)) : scope
    }

    func reply() -> TokenReply {
        TokenReply(
            credential: description,
            service: platform.name,
            secrets: platform.secrets,
            asked: surroundings.now()
        )
    }

    func send(_ request: HTTPRequest, _ reply: TokenReply) async throws(AzureIdentityError) -> HTTPResponse {
        do {
            return try await transport.send(request)
        } catch {
            throw reply.failure(of: error)
        }
    }

    func misconfigured(_ message: String, isAbsent: Bool = false) -> AzureIdentityError {
        AzureIdentityError(code: .configuration, message: message, credential: description, isAbsent: isAbsent)
    }
}

extension ManagedIdentityCredential: CustomReflectable {
    /// Hides the platform's secret from `dump`.
    public var customMirror: Mirror { Mirror(self, children: ["credential": description]) }
}
