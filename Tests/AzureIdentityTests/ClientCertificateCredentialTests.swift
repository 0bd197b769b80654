import AzureIdentity
import Crypto
import CryptoExtras
import Foundation
import Testing

@testable import struct AzureIdentity.ClientCertificateCredential

@Suite("Client certificate credential", .timeLimit(.minutes(5)))
struct ClientCertificateCredentialTests {
    private static let scope = "https://management.azure.com/.default"
    private static let endpoint = "https://login.microsoftonline.com/tenant-1/oauth2/v2.0/token"

    private let clock = ManualClock()
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func credential(
        _ transport: any HTTPTransport,
        file: String,
        password: String? = nil,
        algorithm: ClientCertificateCredential.Algorithm = .ps256,
        sendsCertificateChain: Bool = false
    ) -> ClientCertificateCredential {
        ClientCertificateCredential(
            tenantID: "tenant-1",
            clientID: "client-1",
            certificatePath: file,
            certificatePassword: password,
            algorithm: algorithm,
            sendsCertificateChain: sendsCertificateChain,
            authorityHost: "login.microsoftonline.com",
            transport: transport,
            timeout: .seconds(30),
            now: { [clock] in clock.date }
        )
    }

    private func assertion(_ transport: ScriptedTransport, _ index: Int = 0) throws -> SignedToken {
        let form = WireForm(body: try #require(transport.requests.dropFirst(index).first))
        return try SignedToken(try #require(form["client_assertion"]))
    }

    @Test("the request is Entra ID's v2 form with a signed assertion in the secret's place")
    func request() async throws {
        let certificate = try TestCertificate()
        let file = try directory.write(certificate.pem + certificate.keyPEM, to: "both.pem")
        let transport = ScriptedTransport(answering: .token)

        _ = try await credential(transport, file: file).token(for: Self.scope, claims: #"{"a":1}"#)

        let request = try #require(transport.requests.first)
        let form = WireForm(body: request)
        #expect(request.url == Self.endpoint)
        #expect(request.carriesSecret)
        #expect(form["client_id"] == "client-1")
        #expect(form["scope"] == Self.scope)
        #expect(form["grant_type"] == "client_credentials")
        #expect(form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        #expect(form["claims"] == #"{"a":1}"#)
        #expect(form.names.count == 6)
    }

    @Test("by default the assertion is PS256 and names the certificate by its SHA-256 thumbprint")
    func defaultAlgorithm() async throws {
        let certificate = try TestCertificate()
        let file = try directory.write(certificate.pem + certificate.keyPEM, to: "both.pem")
        let transport = ScriptedTransport(answering: .token)

        _ = try await credential(transport, file: file).token(for: Self.scope)

        let token = try assertion(transport)
        #expect(Set(token.header.keys) == ["alg", "typ", "x5t#S256"])
        #expect(token.header["alg"] as? String == "PS256")
        #expect(token.header["typ"] as? String == "JWT")
        let thumbprint = try SignedToken.decode(try #require(token.header["x5t#S256"] as? String))
        #expect(thumbprint == Data(SHA256.hash(data: certificate.der)))
        let digest = SHA256.hash(data: Data(token.content.utf8))
        let signature = _RSA.Signing.RSASignature(rawRepresentation: token.signature)
        #expect(certificate.key.publicKey.isValidSignature(signature, for: digest, padding: .PSS))
        #expect(!certificate.key.publicKey.isValidSignature(signature, for: digest, padding: .insecurePKCS1v1_5))
    }

    @Test("RS256 names the certificate by its SHA-1 thumbprint")
    func oldAlgorithm() async throws {
        let certificate = try TestCertificate()
        let file = try directory.write(certificate.pem + certificate.keyPEM, to: "both.pem")
        let transport = ScriptedTransport(answering: .token)

        _ = try await credential(transport, file: file, algorithm: .rs256).token(for: Self.scope)

        let token = try assertion(transport)
        #expect(Set(token.header.keys) == ["alg", "typ", "x5t"])
        #expect(token.header["alg"] as? String == "RS256")
        let thumbprint = try SignedToken.decode(try #require(token.header["x5t"] as? String))
        #expect(thumbprint == Data(Insecure.SHA1.hash(data: certificate.der)))
        let digest = SHA256.hash(data: Data(token.content.utf8))
        let signature = _RSA.Signing.RSASignature(rawRepresentation: token.signature)
        #expect(certificate.key.publicKey.isValidSignature(signature, for: digest, padding: .insecurePKCS1v1_5))
    }

    @Test("the assertion is for this endpoint, from this client, for ten minutes, and never the same")
    func claims() async throws {
        let certificate = try TestCertificate()
        let file = try directory.write(certificate.pem + certificate.keyPEM, to: "both.pem")
        let transport = ScriptedTransport(answering: .token, .token)

        for _ in 0..<2 { _ = try await credential(transport, file: file).token(for: Self.scope) }

        let claims = try assertion(transport).claims
        let now = Int(clock.start.timeIntervalSince1970)
        #expect(Set(claims.keys) == ["aud", "iss", "sub", "jti", "nbf", "iat", "exp"])
        #expect(claims["aud"] as? String == Self.endpoint)
        #expect(claims["iss"] as? String == "client-1")
        #expect(claims["sub"] as? String == "client-1")
        #expect(claims["nbf"] as? Int == now)
        #expect(claims["iat"] as? Int == now)
        #expect(claims["exp"] as? Int == now + 600)
        let ids = try [claims, assertion(transport, 1).claims].map { try #require($0["jti"] as? String) }
        #expect(UUID(uuidString: ids[0]) != nil)
        #expect(ids[0] != ids[1])
    }

    @Test("the chain goes with the assertion where it is wanted, the key's own certificate first")
    func chain() async throws {
        let certificate = try TestCertificate()
        let authority = try TestCertificate(key: TestCertificate.otherKey.get())
        let file = try directory.write(authority.pem + certificate.keyPEM + certificate.pem, to: "all.pem")
        let transport = ScriptedTransport(answering: .token)

        _ = try await credential(transport, file: file, sendsCertificateChain: true).token(for: Self.scope)

        let chain = try assertion(transport).header["x5c"] as? [String]
        #expect(chain == [certificate.der, authority.der].map { Data($0).base64EncodedString() })
    }

    enum Layout: CaseIterable {
        case certificateFirst, keyFirst, pkcs1, carriageReturns, textBetween, byteOrderMark, trailingBlanks
    }

    @Test("certificate and key are read in any order and either key format", arguments: Layout.allCases)
    func layouts(layout: Layout) async throws {
        let certificate = try TestCertificate()
        let both = certificate.pem + certificate.keyPEM
        let text =
            switch layout {
            case .certificateFirst: both
            case .keyFirst: certificate.keyPEM + "\n" + certificate.pem
            case .pkcs1: certificate.key.pemRepresentation + "\n" + certificate.pem
            case .carriageReturns: both.replacing("\n", with: "\r\n")
            case .textBetween: "Bag Attributes\n    friendlyName: x\n\(certificate.pem)Key: y\n\(certificate.keyPEM)"
            case .byteOrderMark: "\u{FEFF}" + both
            case .trailingBlanks: both.replacing("-----\n", with: "----- \n")
            }
        let file = try directory.write(text, to: "both.pem")
        let transport = ScriptedTransport(answering: .token)

        let token = try await credential(transport, file: file).token(for: Self.scope)

        #expect(token.token == "t")
        #expect(try assertion(transport).header["x5t#S256"] != nil)
    }

    @Test("a certificate replaced on disk is used by the next request")
    func rotation() async throws {
        let old = try TestCertificate()
        let new = try TestCertificate(key: TestCertificate.otherKey.get())
        let file = try directory.write(old.pem + old.keyPEM, to: "both.pem")
        let transport = ScriptedTransport(answering: .token, .token)
        let credential = credential(transport, file: file)
        _ = try await credential.token(for: Self.scope)

        try directory.write(new.pem + new.keyPEM, to: "both.pem")
        _ = try await credential.token(for: Self.scope)

        let thumbprint = try SignedToken.decode(
            try #require(try assertion(transport, 1).header["x5t#S256"] as? String)
        )
        #expect(thumbprint == Data(SHA256.hash(data: new.der)))
    }

    enum Fault: CaseIterable {
        case missing, directory, huge, empty, notPEM, noCertificate, noKey, twoKeys, foreignKey, ellipticKey
        case oldEllipticKey, garbledCertificate, garbledKey, encrypted, shortCut

        var words: String {
            switch self {
            case .missing: "does not exist"
            case .directory: "is no regular file"
            case .huge: "larger than"
            case .empty, .notPEM: "openssl pkcs12"
            case .noCertificate, .shortCut: "holds no certificate"
            case .noKey: "holds no private key"
            case .twoKeys: "more than one private key"
            case .foreignKey: "belongs to none"
            case .ellipticKey, .garbledKey: "no RSA key of 2048 bits"
            case .oldEllipticKey: "elliptic curve"
            case .garbledCertificate: "a certificate that cannot be read"
            case .encrypted: "AZURE_CLIENT_CERTIFICATE_PASSWORD"
            }
        }
    }

    @Test("a file that cannot work is a configuration error that names it and the mend", arguments: Fault.allCases)
    func faults(fault: Fault) async throws {
        let certificate = try TestCertificate()
        let (pem, key) = (certificate.pem, certificate.keyPEM)
        let text: String? =
            switch fault {
            case .missing, .directory: nil
            case .huge: String(repeating: "#", count: 300_000) + pem + key
            case .empty: ""
            case .notPEM: "\u{0}\u{1}\u{30}"
            case .noCertificate: key
            case .noKey: pem
            case .twoKeys: pem + key + key
            case .foreignKey: pem + (try TestCertificate.otherKey.get().pkcs8PEMRepresentation)
            case .ellipticKey: pem + P256.Signing.PrivateKey().pemRepresentation
            case .oldEllipticKey: pem + key.replacing("PRIVATE", with: "EC PRIVATE")
            case .garbledCertificate: pem.replacing("MII", with: "M!I") + key
            case .garbledKey: pem + TestCertificate.pem("PRIVATE KEY", [1, 2, 3])
            case .encrypted: pem + TestCertificate.pem("ENCRYPTED PRIVATE KEY", [1, 2, 3])
            case .shortCut: String(pem.prefix(200)) + "\n" + key
            }
        let file: String
        if let text {
            file = try directory.write(text, to: "both.pem")
        } else {
            file = fault == .missing ? "\(directory.path)/nothing.pem" : directory.path
        }
        let transport = ScriptedTransport([])

        let error = try await failure(of: credential(transport, file: file))

        #expect(error.isConfiguration)
        #expect(error.message.contains(file))
        #expect(error.message.contains(fault.words), "\(error.message)")
        #expect(error.description.hasPrefix("client-certificate(tenant: tenant-1, client: client-1): "))
    }

    @Test("a certificate is refused before and after its time, with the date")
    func validity() async throws {
        let certificate = try TestCertificate(
            from: clock.start.addingTimeInterval(60),
            until: clock.start.addingTimeInterval(120)
        )
        let file = try directory.write(certificate.pem + certificate.keyPEM, to: "both.pem")
        let transport = ScriptedTransport(answering: .token)
        let credential = credential(transport, file: file)

        let early = try await failure(of: credential)
        clock.advance(by: .seconds(60))
        _ = try await credential.token(for: Self.scope)
        clock.advance(by: .seconds(60))
        let late = try await failure(of: credential)

        #expect(early.isConfiguration && late.isConfiguration)
        #expect(early.message.contains("valid from 2027-01-15T08:01:00Z"))
        #expect(late.message.contains("expired on 2027-01-15T08:02:00Z"))
        #expect(transport.requests.count == 1)
    }

    private static let openssl = ["/usr/bin/openssl", "/usr/local/bin/openssl"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    @Test(
        "an encrypted key is opened with its password and with no other",
        .enabled(if: openssl != nil, "needs openssl, because the libraries here only decrypt"),
        arguments: [["pkcs8", "-topk8", "-v2", "aes-256-cbc"], ["rsa", "-aes256", "-traditional"]]
    )
    func encryptedKey(command: [String]) async throws {
        let certificate = try TestCertificate()
        try directory.write(certificate.keyPEM, to: "plain.pem")
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.openssl))
        process.arguments =
            command + [
                "-in", "\(directory.path)/plain.pem", "-out", "\(directory.path)/key.pem", "-passout",
                "pass:open sesame",
            ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let encrypted = try #require(directory.text(of: "key.pem"))
        try #require(encrypted.contains("ENCRYPTED"))
        let file = try directory.write(certificate.pem + encrypted, to: "both.pem")
        let transport = ScriptedTransport(answering: .token)

        _ = try await credential(transport, file: file, password: "open sesame").token(for: Self.scope)
        let error = try await failure(of: credential(transport, file: file, password: "open barley"))

        let token = try assertion(transport)
        let signature = _RSA.Signing.RSASignature(rawRepresentation: token.signature)
        let digest = SHA256.hash(data: Data(token.content.utf8))
        #expect(certificate.key.publicKey.isValidSignature(signature, for: digest, padding: .PSS))
        #expect(error.isConfiguration)
        #expect(error.message.contains("this password does not open"))
        #expect(!error.description.contains("barley"))
    }
}
