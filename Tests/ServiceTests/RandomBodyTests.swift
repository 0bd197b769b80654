import AzureIdentity
import DataFactory
import Foundation
import TestSupport
import Testing

@testable import struct AzureIdentity.ManagedIdentityCredential

/// Every call of the client and every token endpoint, answered with what no service should answer. One call after the
/// other: this is work for processors, and other suites' tests wait for a turn.
@Suite("Random bodies", .serialized, .timeLimit(.minutes(5)))
struct RandomBodyTests {
    /// How many bodies each call is answered with, as a success and as an error.
    private static let bodies = 1200

    /// The seed of all, so that a failure comes again: body n of a call is made from seed + n.
    private static let seed: UInt64 =
        ProcessInfo.processInfo.environment["ADF_TRIGGER_TEST_SEED"].flatMap { UInt64($0) } ?? 20_261_124

    /// A call that meets the body.
    enum Call: String, CaseIterable {
        case createRun, run, pipeline, runs, cancel, challenge
        case clientSecret, metadataService, appService, legacyAppService

        fileprivate var isToken: Bool {
            switch self {
            case .clientSecret, .metadataService, .appService, .legacyAppService: true
            default: false
            }
        }

        fileprivate var kind: RandomBody.Kind {
            switch self {
            case .createRun, .challenge, .cancel: .createdRun
            case .run: .run
            case .pipeline: .pipeline
            case .runs: .page
            case .clientSecret: .token
            case .metadataService, .appService, .legacyAppService: .managedIdentityToken
            }
        }
    }

    @Test("whatever the body, a call ends with a value or an error that fits a log line", arguments: Call.allCases)
    func anyBody(call: Call) async throws {
        var ends = ["value": 0, "error": 0]
        for number in 0..<Self.bodies {
            let seed = Self.seed &+ UInt64(number) &+ UInt64(call.kind.rawValue) &* 1_000_000
            var random = SeededGenerator(seed: seed)
            let body = RandomBody.make(insteadOf: call.kind, using: &random)
            for status in [200, Self.statuses.randomElement(using: &random) ?? 400] {
                let answer = HTTPResponse(status: status, headers: Self.headers(body, using: &random), body: body)
                let error = try await self.error(of: call, answering: answer)
                ends[error == nil ? "value" : "error", default: 0] += 1
                guard let error else { continue }
                let text = "\(error)"
                #expect(text.utf8.count <= 4096, "\(call.rawValue), status \(status), seed \(seed)")
                #expect(!text.contains("\n"), "\(call.rawValue), status \(status), seed \(seed)")
            }
        }

        // Both ends were met, or the bodies are too wild or too tame to test anything.
        #expect(ends["error", default: 0] > Self.bodies / 2, "\(ends)")
        #expect(ends["value", default: 0] > Self.bodies / 10 || call == .challenge, "\(ends)")
        print(
            "COUNTS \(call.rawValue): \(Self.bodies) bodies from seed \(Self.seed), \(ends.sorted { $0.key < $1.key })"
        )
    }

    private static let statuses = [
        201, 202, 204, 301, 304, 307, 400, 401, 403, 404, 408, 409, 410, 412, 429, 500, 502, 503, 504, 599,
    ]

    private static func headers(_ body: [UInt8], using random: inout SeededGenerator) -> [HTTPHeader] {
        // A header holds no control characters by the time it gets here.
        let text = String(decoding: body.prefix(8000).filter { $0 >= 0x20 && $0 < 0x7F }, as: UTF8.self)
        let claims = Data(body.prefix(6000)).base64EncodedString()
        return [
            HTTPHeader(name: "Retry-After", value: text),
            HTTPHeader(name: "x-ms-retry-after-ms", value: String(text.prefix(20))),
            HTTPHeader(name: "ETag", value: text),
            HTTPHeader(name: "x-ms-request-id", value: text),
            HTTPHeader(name: "x-ms-correlation-request-id", value: text),
            HTTPHeader(name: "x-ms-ratelimit-remaining-subscription-writes", value: text),
            HTTPHeader(name: "x-ms-failure-cause", value: text),
            HTTPHeader(name: "Date", value: text),
            HTTPHeader(
                name: "WWW-Authenticate",
                value: Bool.random(using: &random)
                    ? #"Bearer realm="", error="insufficient_claims", claims="\#(claims)""# : text
            ),
        ]
    }

    /// Nil where the call gave a value.
    private func error(of call: Call, answering answer: HTTPResponse) async throws -> (any Error)? {
        let transport = ConstantTransport(answer: answer)
        do {
            if call.isToken {
                _ = try await credential(of: call, transport).token(for: "https://management.azure.com/.default")
            } else {
                try await ask(call, transport)
            }
            return nil
        } catch let error as DataFactoryError {
            return error
        } catch let error as AzureIdentityError {
            return error
        }
    }

    private func ask(_ call: Call, _ transport: ConstantTransport) async throws {
        var transport = transport
        if call == .challenge { transport.answer.status = 401 }
        let client = DataFactoryClient(
            endpoint: "https://management.azure.com",
            credential: ConstantCredential(),
            transport: transport,
            scope: "scope"
        )
        let factory = try FactoryReference(subscriptionID: Service.subscription, resourceGroup: "rg", factory: "adf")
        let pipeline = try PipelineReference(factory: factory, pipeline: "p")
        let id = "31f1bc88-c715-4cd9-b31f-73e51da2e079"
        switch call {
        case .createRun, .challenge: _ = try await client.createRun(pipeline, parameters: [], clientRequestID: id)
        case .run: _ = try await client.run(id, in: factory)
        case .pipeline: _ = try await client.pipeline(pipeline, ifNoneMatch: nil)
        case .cancel: try await client.cancel(id, in: factory, isRecursive: false)
        default:
            let query = RunQuery(updatedAfter: Date(timeIntervalSince1970: 0), updatedBefore: Date())
            _ = try await client.runs(query, in: factory, continuationToken: nil)
        }
    }

    private func credential(of call: Call, _ transport: ConstantTransport) throws -> any TokenCredential {
        var configuration = CredentialConfiguration(authorityHost: "login.microsoftonline.com", environment: [:])
        switch call {
        case .clientSecret:
            (configuration.tenantID, configuration.clientID, configuration.clientSecret) = ("t", "c", "s")
            return try configuration.credential(.clientSecret, transport: transport)
        case .appService:
            return managedIdentity(["IDENTITY_ENDPOINT": "http://localhost/t", "IDENTITY_HEADER": "h"], transport)
        case .legacyAppService:
            return managedIdentity(["MSI_ENDPOINT": "http://localhost/t", "MSI_SECRET": "s"], transport)
        default:
            return managedIdentity([:], transport)
        }
    }

    private func managedIdentity(
        _ environment: [String: String],
        _ transport: ConstantTransport
    ) -> ManagedIdentityCredential {
        var surroundings = ManagedIdentityCredential.Surroundings()
        surroundings.pause = { _ in }
        return ManagedIdentityCredential(
            identity: .systemAssigned,
            environment: environment,
            transport: transport,
            surroundings: surroundings
        )
    }
}

/// Gives the same answer to everything.
private struct ConstantTransport: HTTPTransport {
    var answer: HTTPResponse

    func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        // The metadata service refuses what does not say that it is meant, which is how it is told from others.
        let isProbe = request.url.contains("/metadata/") && request.headers.value(of: "metadata") == nil
        return isProbe ? HTTPResponse(status: 400) : answer
    }
}

/// Has a token for everything.
private struct ConstantCredential: TokenCredential {
    var description: String { "constant" }

    func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken {
        AccessToken(token: "token", expiresOn: Date().addingTimeInterval(3600))
    }
}
