import AzureIdentity
import Foundation
import Logging
import NIOConcurrencyHelpers
import Testing

@testable import class AzureIdentity.DefaultAzureCredential

@Suite("Default credential", .timeLimit(.minutes(5)))
struct DefaultAzureCredentialTests {
    private static let scope = "https://management.azure.com/.default"

    /// A credential that answers from a list and counts.
    private final class Link: TokenCredential {
        let description: String
        private let answers: NIOLockedValueBox<[Result<AccessToken, AzureIdentityError>]>
        private let counter = NIOLockedValueBox(0)

        init(_ name: String, _ answers: Result<AccessToken, AzureIdentityError>...) {
            description = name
            self.answers = NIOLockedValueBox(answers)
        }

        var count: Int { counter.withLockedValue { $0 } }

        func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken {
            counter.withLockedValue { $0 += 1 }
            return try answers.withLockedValue { $0.count > 1 ? $0.removeFirst() : $0[0] }.get()
        }
    }

    private static func error(
        _ code: AzureIdentityError.Code,
        _ credential: String,
        isAbsent: Bool
    ) -> AzureIdentityError {
        AzureIdentityError(code: code, message: "\(credential) says no", credential: credential, isAbsent: isAbsent)
    }

    private let token = ManualClock().token("t", lifetime: 3600)

    @Test("the first credential that is set up is taken, and from then on nothing else is asked")
    func first() async throws {
        let absent = Link("a", .failure(Self.error(.configuration, "a", isAbsent: true)))
        let taken = Link("b", .success(token), .failure(Self.error(.unavailable, "b", isAbsent: true)))
        let never = Link("c", .success(token))
        let chain = DefaultAzureCredential(links: [.success(absent), .success(taken), .success(never)])
        #expect(chain.description == "default")

        #expect(try await chain.token(for: Self.scope) == token)
        let error = try await failure(of: chain)

        #expect(error.credential == "b")
        #expect(chain.description == "default: b")
        #expect((absent.count, taken.count, never.count) == (1, 2, 0))
    }

    @Test(
        "a choice is for ever only if each credential before it is absent for certain",
        arguments: [
            (.configuration, "b"), (.network, "a"), (.unavailable, "a"),
        ] as [(AzureIdentityError.Code, String)]
    )
    func choice(code: AzureIdentityError.Code, second: String) async throws {
        let early = Link("a", .failure(Self.error(code, "a", isAbsent: true)), .success(token))
        let late = Link("b", .success(token))
        let chain = DefaultAzureCredential(links: [.success(early), .success(late)])

        _ = try await chain.token(for: Self.scope)
        #expect(chain.description == "default: b")
        for _ in 0..<2 { _ = try await chain.token(for: Self.scope) }

        #expect(chain.description == "default: \(second)")
        #expect((early.count, late.count) == (second == "a" ? (3, 1) : (1, 3)))
    }

    @Test("a credential that the search finds again is not told again")
    func sameChoice() async throws {
        let lines = NIOLockedValueBox<[String]>([])
        let logger = Logger(label: "test") { _ in LineHandler(lines: lines) }
        let absent = Link("a", .failure(Self.error(.network, "a", isAbsent: true)))
        let chain = DefaultAzureCredential(links: [.success(absent), .success(Link("b", .success(token)))])

        try await withLogger(logger) { _ in
            for _ in 0..<3 { _ = try await chain.token(for: Self.scope) }
        }

        #expect(absent.count == 3)
        #expect(lines.withLockedValue { $0.count } == 1)
    }

    @Test(
        "one that is set up and fails ends the search",
        arguments: [
            AzureIdentityError.Code.configuration, .unavailable, .network, .throttled, .cancelled,
        ]
    )
    func failing(code: AzureIdentityError.Code) async throws {
        let failing = Link("a", .failure(Self.error(code, "a", isAbsent: false)), .success(token))
        let next = Link("b", .success(token))
        let chain = DefaultAzureCredential(links: [.success(failing), .success(next)])

        let error = try await failure(of: chain)

        #expect(error.code == code)
        #expect(error.credential == "a")
        #expect(next.count == 0)
        #expect(try await chain.token(for: Self.scope) == token)
        #expect(failing.count == 2)
    }

    @Test(
        "if none is set up the error names each and why, and is configuration only if all of them are",
        arguments: [
            ([.configuration, .configuration], .configuration), ([.configuration, .network], .network),
            ([.network, .configuration], .network),
        ] as [([AzureIdentityError.Code], AzureIdentityError.Code)]
    )
    func none(codes: [AzureIdentityError.Code], code: AzureIdentityError.Code) async throws {
        let links = zip(["one", "two"], codes).map { name, code in
            DefaultAzureCredential.Link.failure(Self.error(code, name, isAbsent: true))
        }

        let error = try await failure(of: DefaultAzureCredential(links: links))

        #expect(error.code == code)
        #expect(error.message.contains("one: one says no; two: two says no"))
        #expect(error.credential == "default")
    }

    @Test("one info line says which credential was found and why not the others, once")
    func log() async throws {
        let lines = NIOLockedValueBox<[String]>([])
        var logger = Logger(label: "test") { _ in LineHandler(lines: lines) }
        logger.logLevel = .info
        let absent = Link("a", .failure(Self.error(.configuration, "a", isAbsent: true)))
        let chain = DefaultAzureCredential(links: [.success(absent), .success(Link("b", .success(token)))])

        try await withLogger(logger) { _ in
            for _ in 0..<2 { _ = try await chain.token(for: Self.scope) }
        }

        let line = try #require(lines.withLockedValue { $0 }.first)
        #expect(lines.withLockedValue { $0.count } == 1)
        #expect(line == "info Azure credential found azure.credential=b azure.credential.passed_over=a: a says no")
    }

    private struct LineHandler: LogHandler {
        let lines: NIOLockedValueBox<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let pairs = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            let line = (["\(event.level)", "\(event.message)"] + pairs).joined(separator: " ")
            lines.withLockedValue { $0.append(line) }
        }
    }

    @Test("the chain of a configuration asks in the documented order and passes over what has no values")
    func order() async throws {
        let transport = ScriptedTransport([
            { request in
                #expect(request.url.hasPrefix("http://169.254.169.254/"))
                return .failure(HTTPTransportError(code: .timeout, message: "x", certainty: .unknown))
            }
        ])
        var configuration = CredentialConfiguration(
            authorityHost: "login.microsoftonline.com",
            environment: ["PATH": "/nowhere"]
        )
        configuration.tenantID = "t"

        let error = try await failure(of: DefaultAzureCredential(configuration, transport: transport))

        let names = ["client-secret:", "client-certificate:", "workload-identity:", "managed-identity(", "azure-cli("]
        let places = names.map { error.message.firstRange(of: $0)?.lowerBound }
        #expect(places.allSatisfy { $0 != nil })
        #expect(places.compactMap(\.self) == places.compactMap(\.self).sorted())
        #expect(error.message.contains("AZURE_CLIENT_SECRET"))
        #expect(error.code == .network)
    }

    @Test("az is asked where something else answers in the metadata service's place", arguments: [403, 404])
    func stranger(status: Int) async throws {
        let transport = ScriptedTransport(answering: .json(status, ""))
        let directory = try TemporaryDirectory()
        let az = try directory.write(
            """
            #!/bin/sh
            echo "{\\"accessToken\\":\\"t\\",\\"expires_on\\":$(($(date +%s) + 3600))}"
            """,
            to: "az"
        )
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: az)
        let configuration = CredentialConfiguration(
            authorityHost: "login.microsoftonline.com",
            environment: ["PATH": "\(directory.path):/usr/bin:/bin"]
        )

        let token = try await DefaultAzureCredential(configuration, transport: transport).token(for: Self.scope)

        #expect(token.token == "t")
        #expect(transport.requests.count == 1)
    }

    @Test("a secret that Entra ID refuses does not make a managed identity step in")
    func refusedSecret() async throws {
        let transport = ScriptedTransport(answering: .json(401, #"{"error":"invalid_client"}"#))
        var configuration = CredentialConfiguration(authorityHost: "login.microsoftonline.com", environment: [:])
        (configuration.tenantID, configuration.clientID, configuration.clientSecret) = ("t", "c", "s")

        let error = try await failure(of: DefaultAzureCredential(configuration, transport: transport))

        #expect(error.credential == "client-secret(tenant: t, client: c)")
        #expect(transport.requests.count == 1)
    }
}
