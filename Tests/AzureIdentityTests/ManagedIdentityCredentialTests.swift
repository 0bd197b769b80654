import AzureIdentity
import Foundation
import NIOConcurrencyHelpers
import Testing

@testable import struct AzureIdentity.ManagedIdentityCredential

@Suite("Managed identity credential", .timeLimit(.minutes(5)))
struct ManagedIdentityCredentialTests {
    static let scope = "https://management.azure.com/.default"
    static let imds = "http://169.254.169.254/metadata/identity/oauth2/token"
    /// What the metadata service says to a question without its header.
    static let probed = HTTPResponse.json(400, #"{"error":"invalid_request","error_description":"Required metadata"}"#)
    static let token = HTTPResponse.json(200, #"{"access_token":"t","expires_in":"3599","expires_on":"1800003599"}"#)

    private let clock = ManualClock()
    private let pauses = NIOLockedValueBox<[Duration]>([])
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func credential(
        _ transport: any HTTPTransport,
        _ identity: ManagedIdentityCredential.Identity = .systemAssigned,
        environment: [String: String] = [:],
        arcDirectory: String? = nil
    ) -> ManagedIdentityCredential {
        var surroundings = ManagedIdentityCredential.Surroundings()
        surroundings.now = { [clock] in clock.date }
        surroundings.pause = { [clock, pauses] pause in
            pauses.withLockedValue { $0.append(pause) }
            clock.advance(by: pause)
            try Task.checkCancellation()
        }
        surroundings.arcDirectory = arcDirectory ?? directory.path
        return ManagedIdentityCredential(
            identity: identity,
            environment: environment,
            transport: transport,
            surroundings: surroundings
        )
    }

    // MARK: - The metadata service

    @Test("the metadata service is asked with its header, for a resource, past any proxy")
    func request() async throws {
        let transport = ScriptedTransport(answering: Self.probed, Self.token)

        let token = try await credential(transport).token(for: Self.scope)

        let request = try #require(transport.requests.last)
        let query = WireForm(query: request)
        #expect(token.token == "t")
        #expect(token.expiresOn == clock.start.addingTimeInterval(3599))
        #expect(request.method == .get)
        #expect(request.url.hasPrefix("\(Self.imds)?"))
        #expect(query["api-version"] == "2018-02-01")
        #expect(query["resource"] == "https://management.azure.com/")
        #expect(query.names.count == 2)
        #expect(request.headers.contains(HTTPHeader(name: "metadata", value: "true")))
        #expect(request.bypassesProxy)
        #expect(!request.carriesSecret)
        #expect(request.body.isEmpty)
    }

    @Test("the service is probed without its header and briefly, until it answered once")
    func probe() async throws {
        let transport = ScriptedTransport(answering: Self.probed, Self.token, Self.token)
        let credential = credential(transport)

        for _ in 0..<2 { _ = try await credential.token(for: Self.scope) }

        let probe = try #require(transport.requests.first)
        #expect(transport.requests.count == 3)
        #expect(!probe.headers.contains { $0.name == "metadata" })
        #expect(probe.timeout == .seconds(1))
        #expect(probe.bypassesProxy)
        #expect(transport.requests.dropFirst().allSatisfy { $0.headers.contains { $0.name == "metadata" } })
    }

    @Test("where nothing answers, that is weather, told at once, and probed again the next time")
    func noMetadataService() async throws {
        let cause = HTTPTransportError(code: .timeout, message: "x", certainty: .unknown)
        let transport = ScriptedTransport([
            { _ in .failure(cause) }, { _ in .success(Self.probed) }, { _ in .success(Self.token) },
        ])
        let credential = credential(transport)

        let error = try await failure(of: credential)
        _ = try await credential.token(for: Self.scope)

        #expect(error.code == .network)
        #expect(error.underlying == cause)
        #expect(error.message.contains("no Azure machine"))
        #expect(pauses.withLockedValue { $0 }.isEmpty)
        #expect(transport.requests.count == 3)
    }

    @Test(
        "an identity is named in the metadata service's words",
        arguments: [
            (.clientID("a b"), "client_id", "a b"), (.objectID("o"), "object_id", "o"),
            (.resourceID("/subscriptions/s"), "msi_res_id", "/subscriptions/s"),
        ] as [(ManagedIdentityCredential.Identity, String, String)]
    )
    func identities(identity: ManagedIdentityCredential.Identity, name: String, value: String) async throws {
        let transport = ScriptedTransport(answering: Self.probed, Self.token)

        _ = try await credential(transport, identity).token(for: Self.scope)

        let query = WireForm(query: try #require(transport.requests.last))
        #expect(query[name] == value)
        #expect(query.names.count == 3)
    }

    @Test("the service's host can be another", arguments: ["http://127.0.0.1:2579", "http://127.0.0.1:2579/"])
    func otherHost(host: String) async throws {
        let transport = ScriptedTransport(answering: Self.probed, Self.token)
        let environment = ["AZURE_POD_IDENTITY_AUTHORITY_HOST": host]

        _ = try await credential(transport, environment: environment).token(for: Self.scope)

        let url = try #require(transport.requests.last?.url)
        #expect(url.hasPrefix("http://127.0.0.1:2579/metadata/identity/oauth2/token?"))
    }

    @Test(
        "what passes is asked again after the pauses the service's clients make",
        arguments: [
            (404, [0, 1.6, 3.2, 6.4, 12.8]), (410, [0, 5, 10, 20, 40]), (429, [0, 1.6, 3.2, 6.4, 12.8]),
            (500, [0, 1.6, 3.2, 6.4, 12.8]), (503, [0, 1.6, 3.2, 6.4, 12.8]),
        ] as [(Int, [Double])]
    )
    func retries(status: Int, expected: [Double]) async throws {
        let ill = HTTPResponse.json(status, "")
        let transport = ScriptedTransport(answering: Self.probed, ill, ill, ill, ill, ill, Self.token)
        let givingUp = ScriptedTransport(answering: Self.probed, ill, ill, ill, ill, ill, ill)

        _ = try await credential(transport).token(for: Self.scope)
        let waited = pauses.withLockedValue { $0 }
        let error = try await failure(of: credential(givingUp))

        #expect(waited == expected.map { .seconds($0) })
        #expect(!error.isConfiguration)
        #expect(error.status == status)
        #expect(givingUp.requests.count == 7)
    }

    @Test("a time-out is asked again, a refused connection is not")
    func transportErrors() async throws {
        let slow = HTTPTransportError(code: .timeout, message: "x", certainty: .unknown)
        let refused = HTTPTransportError(code: .connectFailed, message: "x", certainty: .notSent)
        let transport = ScriptedTransport([
            { _ in .success(Self.probed) }, { _ in .failure(slow) }, { _ in .failure(refused) },
        ])

        let error = try await failure(of: credential(transport))

        #expect(error.code == .network)
        #expect(error.underlying == refused)
        #expect(pauses.withLockedValue { $0 } == [.zero])
    }

    @Test("a wait the service asks for is kept, and one beyond a minute is left to the caller")
    func retryAfter() async throws {
        func throttled(_ seconds: String) -> HTTPResponse {
            .json(429, "", [HTTPHeader(name: "Retry-After", value: seconds)])
        }
        let transport = ScriptedTransport(answering: Self.probed, throttled("7"), throttled("372"))

        let error = try await failure(of: credential(transport))

        #expect(error.code == .throttled)
        #expect(error.retryAfter == .seconds(372))
        #expect(pauses.withLockedValue { $0 } == [.seconds(7)])
    }

    @Test("a caller who is cancelled between two tries is told so")
    func cancelled() async throws {
        let transport = ScriptedTransport(answering: Self.probed, .json(503, ""))
        let credential = credential(transport)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await credential.token(for: Self.scope)
        }

        #expect(await task.result.failureCode == .cancelled)
        #expect(transport.requests.count == 2)
    }

    @Test("no such identity is a configuration error and asked for once")
    func noIdentity() async throws {
        let body = #"{"error":"invalid_request","error_description":"Identity not found"}"#
        let transport = ScriptedTransport(answering: Self.probed, .json(400, body))

        let error = try await failure(of: credential(transport, .clientID("c")))

        #expect(error.isConfiguration)
        #expect(error.entraError == "invalid_request")
        #expect(error.description.hasPrefix("managed-identity(client: c): configuration: Identity not found"))
        #expect(transport.requests.count == 2)
    }

    @Test(
        "whatever else answers at the service's address is told from it at once",
        arguments: [
            (200, .configuration), (204, .configuration), (301, .configuration), (401, .configuration),
            // Docker Desktop, for addresses that it cannot reach.
            (403, .configuration), (404, .unavailable), (405, .configuration), (418, .configuration),
        ] as [(Int, AzureIdentityError.Code)]
    )
    func stranger(status: Int, code: AzureIdentityError.Code) async throws {
        let answer = HTTPResponse.json(status, "not for\nlogs", [HTTPHeader(name: "Server", value: "EC2ws\u{1B}")])
        let transport = ScriptedTransport(answering: answer, Self.probed, Self.token)
        let credential = credential(transport)

        let error = try await failure(of: credential)

        #expect(error.code == code)
        #expect(error.isAbsent)
        #expect(error.status == status)
        #expect(
            error.message.hasPrefix(
                "what answers GET \(Self.imds) is not Azure's metadata service: it said \(status) (EC2ws )"
            )
        )
        #expect(!error.message.contains("not for"))
        #expect(pauses.withLockedValue { $0 }.isEmpty)
        // Nothing of it is remembered.
        #expect(try await credential.token(for: Self.scope).token == "t")
    }

    @Test("the service is there although it is busy or being updated", arguments: [400, 410, 429, 500, 503])
    func busy(status: Int) async throws {
        let transport = ScriptedTransport(answering: .json(status, ""), Self.token)

        #expect(try await credential(transport).token(for: Self.scope).token == "t")
    }

    // MARK: - App Service

    static let appService = ["IDENTITY_ENDPOINT": "http://10.1.2.3:41/msi/token", "IDENTITY_HEADER": "header-1"]

    @Test(
        "App Service is asked at its endpoint with its header",
        arguments: [
            (.systemAssigned, nil), (.clientID("i"), "client_id"), (.objectID("i"), "principal_id"),
            (.resourceID("i"), "mi_res_id"),
        ] as [(ManagedIdentityCredential.Identity, String?)]
    )
    func appService(identity: ManagedIdentityCredential.Identity, name: String?) async throws {
        let answer = HTTPResponse.json(200, #"{"access_token":"t","expires_on":"1800086400","token_type":"Bearer"}"#)
        let transport = ScriptedTransport(answering: answer)

        let token = try await credential(transport, identity, environment: Self.appService).token(for: Self.scope)

        let request = try #require(transport.requests.first)
        let query = WireForm(query: request)
        #expect(token.expiresOn == clock.start.addingTimeInterval(86_400))
        #expect(request.url.hasPrefix("http://10.1.2.3:41/msi/token?"))
        #expect(request.headers.contains(HTTPHeader(name: "x-identity-header", value: "header-1")))
        #expect(query["api-version"] == "2019-08-01")
        #expect(query["resource"] == "https://management.azure.com/")
        if let name { #expect(query[name] == "i") }
        #expect(query.names.count == (name == nil ? 2 : 3))
        #expect(request.bypassesProxy)
        #expect(!request.carriesSecret)
    }

    @Test(
        "App Service's errors are told apart, in either of their shapes",
        arguments: [
            (400, #"{"statusCode":400,"message":"No identity"}"#, .configuration, "No identity"),
            (400, #"{"error":{"code":"X","message":"No identity"}}"#, .configuration, "No identity"),
            (401, "", .configuration, "answered 401"), (429, "", .throttled, "answered 429"),
            (500, "", .unavailable, "answered 500"), (200, "{}", .malformedResponse, "no usable"),
            (200, #"{"access_token":"t"}"#, .malformedResponse, "no usable"),
            (200, #"{"access_token":"t","expires_on":"1799999999"}"#, .malformedResponse, "check the clock"),
            (200, #"{"access_token":"","expires_on":"1799999999"}"#, .malformedResponse, "no usable"),
        ] as [(Int, String, AzureIdentityError.Code, String)]
    )
    func appServiceErrors(status: Int, body: String, code: AzureIdentityError.Code, words: String) async throws {
        let transport = ScriptedTransport(answering: .json(status, body))

        let error = try await failure(of: credential(transport, environment: Self.appService))

        #expect(error.code == code)
        #expect(error.message.contains(words))
        #expect(!error.isAbsent)
    }

    @Test("the older endpoint is asked in the older way")
    func legacyAppService() async throws {
        let transport = ScriptedTransport(answering: .json(200, #"{"access_token":"t","expires_on":1800003600}"#))
        let environment = ["MSI_ENDPOINT": "http://127.0.0.1:41/MSI/token/", "MSI_SECRET": "s"]

        _ = try await credential(transport, .clientID("i"), environment: environment).token(for: Self.scope)

        let request = try #require(transport.requests.first)
        let query = WireForm(query: request)
        #expect(request.url.hasPrefix("http://127.0.0.1:41/MSI/token/?"))
        #expect(request.headers.contains(HTTPHeader(name: "secret", value: "s")))
        #expect(query["api-version"] == "2017-09-01")
        #expect(query["clientid"] == "i")
        #expect(!request.carriesSecret)
    }

    @Test(
        "an endpoint that anybody on the way can overhear is asked over https only",
        arguments: [
            (["MSI_ENDPOINT": "http://10.0.0.1/t", "MSI_SECRET": "s"], true),
            (["MSI_ENDPOINT": "http://169.254.130.1:8081/t", "MSI_SECRET": "s"], false),
            (["MSI_ENDPOINT": "http://169.254.130.256/t", "MSI_SECRET": "s"], true),
            (["MSI_ENDPOINT": "http://169.254.1.1.example.com/t", "MSI_SECRET": "s"], true),
            (["MSI_ENDPOINT": "http://localhost:42356/t", "MSI_SECRET": "s"], false),
            (["MSI_ENDPOINT": "https://10.0.0.1/t", "MSI_SECRET": "s"], true),
            (["AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://10.0.0.1"], true),
            (["IDENTITY_ENDPOINT": "http://10.0.0.1/t", "IMDS_ENDPOINT": "x"], true),
        ]
    )
    func confidentiality(environment: [String: String], isSecret: Bool) async throws {
        let transport = ScriptedTransport([
            { _ in .failure(HTTPTransportError(code: .insecureURL, message: "x", certainty: .notSent)) }
        ])

        let error = try await failure(of: credential(transport, environment: environment))

        #expect(transport.requests.first?.carriesSecret == isSecret)
        #expect(error.isConfiguration)
    }

    @Test(
        "App Service's endpoint may be plain http where only the platform's own network can listen",
        arguments: [
            ("http://localhost:41/t", true), ("http://127.0.0.1/t", true), ("http://169.254.130.1:8081/t", true),
            ("http://10.0.0.1/t", true), ("http://10.255.255.255/t", true), ("http://172.16.0.1/t", true),
            ("http://172.31.255.255/t", true), ("http://192.168.0.1/t", true), ("https://example.com/t", true),
            ("http://11.0.0.1/t", false), ("http://172.15.0.1/t", false), ("http://172.32.0.1/t", false),
            ("http://192.169.0.1/t", false), ("http://169.255.0.1/t", false), ("http://example.com/t", false),
            ("http://10.0.0.1.example.com/t", false), ("http://10.1/t", false), ("http://010.0.0.1/t", false),
            ("http://[fd00::1]/t", false), ("http://[::ffff:10.0.0.1]/t", false),
            ("http://10.0.0.1@example.com/t", false),
        ]
    )
    func appServiceEndpoint(endpoint: String, isAccepted: Bool) async throws {
        let transport = ScriptedTransport([
            { request in
                do throws(HTTPTransportError) {
                    try request.requireConfidentialChannel()
                    return .success(Self.token)
                } catch {
                    return .failure(error)
                }
            }
        ])
        let credential = credential(
            transport,
            environment: ["IDENTITY_ENDPOINT": endpoint, "IDENTITY_HEADER": "header-1"]
        )

        if isAccepted {
            #expect(try await credential.token(for: Self.scope).token == "t")
        } else {
            let error = try await failure(of: credential)
            #expect(error.isConfiguration)
            #expect(!error.isAbsent)
            #expect(!error.description.contains("header-1"))
        }
    }

    @Test(
        "a platform that is not supported is named",
        arguments: [
            (["MSI_ENDPOINT": "http://localhost:50342/t"], "Cloud Shell"),
            (
                ["IDENTITY_ENDPOINT": "https://x", "IDENTITY_HEADER": "h", "IDENTITY_SERVER_THUMBPRINT": "t"],
                "Service Fabric"
            ),
        ]
    )
    func unsupported(environment: [String: String], name: String) async throws {
        let error = try await failure(of: credential(ScriptedTransport([]), environment: environment))

        #expect(error.isConfiguration)
        #expect(error.message.contains(name))
    }

    // MARK: - Azure Arc

    private static let arc = [
        "IDENTITY_ENDPOINT": "http://localhost:40342/t", "IMDS_ENDPOINT": "http://localhost:40342",
    ]

    private func challenge(_ realm: String) -> HTTPResponse {
        .json(401, "", [HTTPHeader(name: "WWW-Authenticate", value: "Basic realm=\(realm)")])
    }

    @Test("Azure Arc's challenge is met with the file it names")
    func arc() async throws {
        let file = try directory.write("key-1", to: "a.key")
        let transport = ScriptedTransport(answering: challenge(file), Self.token)

        let token = try await credential(transport, environment: Self.arc).token(for: Self.scope)

        let (first, second) = (try #require(transport.requests.first), try #require(transport.requests.last))
        #expect(token.token == "t")
        #expect(first.url == second.url)
        #expect(WireForm(query: first)["api-version"] == "2020-06-01")
        #expect(first.headers.contains(HTTPHeader(name: "metadata", value: "true")))
        #expect(!first.headers.contains { $0.name == "authorization" })
        #expect(second.headers.contains(HTTPHeader(name: "authorization", value: "Basic key-1")))
    }

    @Test(
        "a challenge that names any other file is refused",
        arguments: [
            "/etc/passwd", "DIR/../x.key", "DIR/sub/x.key", "DIR/x.txt", "DIRx.key", "", "DIR/missing.key",
            "DIR/huge.key",
        ]
    )
    func arcFiles(path: String) async throws {
        // Readable all of them: only the rule keeps their contents here.
        let inner = "\(directory.path)/tokens"
        for name in ["tokens", "tokens/sub"] {
            try FileManager.default.createDirectory(
                atPath: "\(directory.path)/\(name)",
                withIntermediateDirectories: true
            )
        }
        for name in ["x.key", "tokensx.key", "tokens/sub/x.key", "tokens/x.txt"] {
            try directory.write("key", to: name)
        }
        try directory.write(String(repeating: "k", count: 4097), to: "tokens/huge.key")
        let transport = ScriptedTransport(answering: challenge(path.replacing("DIR", with: inner)))

        let error = try await failure(of: credential(transport, environment: Self.arc, arcDirectory: inner))

        #expect(error.isConfiguration)
        #expect(transport.requests.count == 1)
    }

    @Test("an identity that a platform cannot name is a configuration error before anything is sent")
    func unnameable() async throws {
        let legacy = ["MSI_ENDPOINT": "http://localhost/t", "MSI_SECRET": "s"]

        for (identity, environment) in [
            (ManagedIdentityCredential.Identity.objectID("o"), legacy), (.resourceID("r"), legacy),
            (.clientID("c"), Self.arc),
        ] {
            let error = try await failure(of: credential(ScriptedTransport([]), identity, environment: environment))
            #expect(error.isConfiguration)
        }
    }
}
