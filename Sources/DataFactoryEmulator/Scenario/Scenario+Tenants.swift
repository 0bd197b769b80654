import CryptoExtras
import FoundationEssentials

extension Scenario {
    /// A client of Entra ID.
    package struct Tenant: Sendable {
        /// The directory, a GUID or a domain.
        package var tenantID: String
        /// The application.
        package var clientID: String
        /// The secret the application proves itself with, if it has one.
        package var clientSecret: String?
        /// The secret's time is over.
        package var isSecretExpired = false
        /// The certificates the application may sign with.
        package var certificates: [SigningCertificate] = []
        /// The issuers whose tokens the application may prove itself with.
        package var federated: [FederatedCredential] = []
        /// Whether it may start and cancel runs; if not, those calls are answered 403.
        package var mayRun = true
        /// Whether it may read pipelines and runs; if not, those calls are answered 403.
        package var mayRead = true
    }

    /// - Parameter folder: where the paths of certificates and keys begin.
    static func tenants(_ reader: ScenarioReader, folder: String) throws(ScenarioError) -> [Tenant] {
        var tenants: [Tenant] = []
        for element in try reader.elements() {
            let members = try element.object(knowing: [
                "tenantId", "clientId", "clientSecret", "secretExpired", "certificates", "federated", "mayRun",
                "mayRead",
            ])
            var tenant = Tenant(
                tenantID: try members.required("tenantId").string(),
                clientID: try members.required("clientId").string()
            )
            if let secret = members["clientSecret"] { tenant.clientSecret = try secret.string() }
            if let expired = members["secretExpired"] { tenant.isSecretExpired = try expired.flag() }
            if let mayRun = members["mayRun"] { tenant.mayRun = try mayRun.flag() }
            if let mayRead = members["mayRead"] { tenant.mayRead = try mayRead.flag() }
            if let certificates = members["certificates"] {
                tenant.certificates = try certificates.elements().map { element throws(ScenarioError) in
                    guard let certificate = SigningCertificate(pem: try element.pem(folder: folder)) else {
                        throw element.wrong("must be a certificate in PEM with an RSA key of 2048 bits or more")
                    }
                    return certificate
                }
            }
            if let federated = members["federated"] {
                tenant.federated = try federated.elements().map { element throws(ScenarioError) in
                    try FederatedCredential(element, folder: folder)
                }
            }
            guard tenant.clientSecret != nil || !tenant.certificates.isEmpty || !tenant.federated.isEmpty else {
                throw ScenarioError(
                    path: element.path,
                    message: "the client cannot prove itself; add \"clientSecret\", \"certificates\" or \"federated\""
                )
            }
            if let mayRun = members["mayRun"] { tenant.mayRun = try mayRun.flag() }
            if let mayRead = members["mayRead"] { tenant.mayRead = try mayRead.flag() }
            tenants.append(tenant)
        }
        return tenants
    }
}

extension FederatedCredential {
    fileprivate init(_ reader: ScenarioReader, folder: String) throws(ScenarioError) {
        let members = try reader.object(knowing: ["issuer", "subject", "audience", "publicKey"])
        let keyReader = try members.required("publicKey")
        guard let key = try? _RSA.Signing.PublicKey(pemRepresentation: keyReader.pem(folder: folder)) else {
            throw keyReader.wrong("must be a public key in PEM, of RSA with 2048 bits or more")
        }
        self.init(
            issuer: try members.required("issuer").string(),
            subject: try members.required("subject").string(),
            audience: try members["audience"].map { reader throws(ScenarioError) in try reader.string() }
                ?? Self.usualAudience,
            key: key
        )
    }
}

extension ScenarioReader {
    /// PEM that stands here, or in the file whose path stands here.
    fileprivate func pem(folder: String) throws(ScenarioError) -> String {
        let text = try string()
        if text.contains("-----BEGIN") { return text }
        let path = try path(folder: folder)
        guard let bytes = try? Data(contentsOf: URL(filePath: path)) else {
            throw wrong("must be PEM, or the path of a file with PEM that can be read (looked for at \(path))")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
