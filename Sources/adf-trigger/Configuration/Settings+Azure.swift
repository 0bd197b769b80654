internal import AzureIdentity
internal import Foundation

extension Settings {
    /// Who we are to Azure, and where Azure is. Never printed: it holds secrets.
    struct Azure: Sendable {
        var cloud: AzureCloud
        /// Which way to prove who we are.
        var credentialKind: CredentialKind
        var credentials: CredentialConfiguration
        var managementEndpoint: String
        var scope: String
        /// Proxies and trusted authorities, from the environment.
        var transport: CurlTransport.Configuration
        /// How long one exchange may take.
        var timeout: Duration
        /// How long after a createRun was sent its run may still appear.
        var window: Duration
        var writesPerSecond: Double
        var writeBurst: Int
    }
}

extension Settings.Azure {
    init(_ reader: inout SettingsReader, environment: [String: String]) {
        cloud = reader.cloud()
        credentialKind = reader.choice(.credential, default: .default)
        credentials = CredentialConfiguration(&reader, cloud: cloud, environment: environment)
        managementEndpoint = reader.endpoint(.managementEndpoint, default: cloud.managementEndpoint)
        // A gateway in front of ARM asks for tokens for ARM, so an endpoint of one's own does not change the scope.
        scope = reader.text(.scope) ?? cloud.managementScope
        transport = reader.transport(environment)
        // ARM answers after 60 s at the latest; ours must be longer, so that its 504 comes before our own guess.
        let timeoutSeconds = reader.integer(.timeoutSeconds, in: 1...600, default: 70)
        timeout = .seconds(timeoutSeconds)
        // What is sent may take effect as long as ARM waits for Data Factory, however soon we stop waiting for ARM.
        let shortestWindow = max(timeoutSeconds, Self.serviceTimeoutSeconds) + 5
        let windowSeconds = reader.integer(.windowSeconds, in: 1...3600, default: shortestWindow)
        window = .seconds(windowSeconds)
        if windowSeconds < shortestWindow, URLOrigin(url: managementEndpoint)?.isLoopback != true {
            reader.fault(
                .windowSeconds,
                "\(windowSeconds) is less than \(shortestWindow): an earlier createRun could still start a run then"
            )
        }
        // ARM's bucket per subscription and principal: 200, refilled with 10 a second.
        writesPerSecond = reader.number(.writesPerSecond, in: 0...100_000, default: 10)
        if writesPerSecond > 0, writesPerSecond < 0.001 {
            reader.fault(.writesPerSecond, "\(writesPerSecond) is less than 0.001; 0 means no limit")
        }
        writeBurst = reader.integer(.writeBurst, in: 1...100_000, default: 200)
        check(&reader)
    }

    /// ARM gives a resource provider 60 s, and answers 504 then (resource provider contract, "Client Request Timeout").
    private static let serviceTimeoutSeconds = 60

    /// What a credential that was asked for by name lacks is a fault now. The default chain decides when it is asked
    /// for a token, since what the platform offers may not be there yet.
    private func check(_ reader: inout SettingsReader) {
        guard credentialKind != .default else { return }
        let missing = credentialKind.requirements.filter { $0.value(credentials) == nil }
        for requirement in missing {
            let suffix = requirement.key.environmentSuffix
            let own = SettingsReader.azureVariables.contains(suffix) ? "; \(suffix) is honoured too" : ""
            reader.fault(
                requirement.key,
                "is not set, and the credential \"\(credentialKind.rawValue)\" needs it\(own)"
            )
        }
        guard missing.isEmpty else { return }
        do throws(AzureIdentityError) {
            // Made only to hear what contradicts each other.
            _ = try credentials.credential(credentialKind, transport: NoTransport())
        } catch {
            reader.fault(.credential, error.message)
        }
        for requirement in credentialKind.requirements where requirement.isFile {
            guard let path = requirement.value(credentials), !FileManager.default.isReadableFile(atPath: path) else {
                continue
            }
            reader.fault(requirement.key, "there is no file \(path) that can be read")
        }
    }
}

extension CredentialConfiguration {
    fileprivate init(_ reader: inout SettingsReader, cloud: AzureCloud, environment: [String: String]) {
        self.init(
            authorityHost: reader.endpoint(.authorityHost, default: cloud.authorityHost),
            environment: environment
        )
        tenantID = reader.text(.tenantID)
        clientID = reader.text(.clientID)
        clientSecret = reader.text(.clientSecret)
        certificatePath = reader.text(.clientCertificatePath)
        certificatePassword = reader.text(.clientCertificatePassword)
        certificateAlgorithm = reader.choice(.clientCertificateAlgorithm, default: .ps256)
        federatedTokenFile = reader.text(.federatedTokenFile)
        managedIdentityResourceID = reader.text(.managedIdentityResourceID)
        managedIdentityObjectID = reader.text(.managedIdentityObjectID)
    }
}

extension CredentialKind {
    /// A setting without which a credential can't be.
    fileprivate struct Requirement {
        var key: ConfigurationKey
        /// Whether the value is the path of a file that must be there.
        var isFile = false
        var value: (CredentialConfiguration) -> String?
    }

    fileprivate var requirements: [Requirement] {
        let client = [
            Requirement(key: .tenantID) { $0.tenantID },
            Requirement(key: .clientID) { $0.clientID },
        ]
        return switch self {
        case .clientSecret: client + [Requirement(key: .clientSecret) { $0.clientSecret }]
        case .clientCertificate:
            client + [Requirement(key: .clientCertificatePath, isFile: true) { $0.certificatePath }]
        case .workloadIdentity: client + [Requirement(key: .federatedTokenFile, isFile: true) { $0.federatedTokenFile }]
        case .default, .managedIdentity, .azureCLI: []
        }
    }
}

extension SettingsReader {
    fileprivate mutating func cloud() -> AzureCloud {
        guard let name = text(.cloud) else { return .public }
        guard let cloud = AzureCloud(name: name) else {
            fault(.cloud, "\"\(name)\" is none of: public, china, usGovernment")
            return .public
        }
        return cloud
    }

    /// A URL that may be sent a token or a secret.
    fileprivate mutating func endpoint(_ key: ConfigurationKey, default value: String) -> String {
        guard let url = text(key) else { return value }
        if let fault = Self.fault(of: url) { self.fault(key, fault) }
        // What was checked is what is used: without a scheme it would be no URL, and each request would be refused.
        return Self.completed(url)
    }

    private static func completed(_ url: String) -> String {
        url.contains("://") ? url : "https://\(url)"
    }

    /// Tokens travel over https; plain http is for this machine alone.
    private static func fault(of url: String) -> String? {
        guard let origin = URLOrigin(url: completed(url)) else {
            return "\"\(url)\" is not a URL"
        }
        guard origin.isSecure || origin.isLoopback else {
            return "\"\(url)\" must begin with https://; tokens go over plain http to loopback addresses only"
        }
        return nil
    }

    fileprivate mutating func transport(
        _ environment: [String: String]
    ) -> CurlTransport.Configuration {
        do throws(HTTPSettingsError) {
            return try CurlTransport.Configuration(environment: environment)
        } catch {
            fault("\(error)")
            return CurlTransport.Configuration()
        }
    }
}

/// Stands where a transport is asked for and nothing is to be sent.
private struct NoTransport: HTTPTransport {
    func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        throw HTTPTransportError(code: .shutDown, message: "nothing is sent from here", certainty: .notSent)
    }
}
