import RabbitMQ
import Testing
import TriggerWorker

@testable import adf_trigger

@Suite("The settings of who publishes, and what names a request")
struct PublisherSettingsTests {
    private static let plain = "amqp://worker:secret@localhost"

    private static func settings(_ environment: [String: String] = [:], file: String = "") throws -> Settings {
        try Settings(
            file: try ConfigurationFile(text: file, name: "config.yaml"),
            assignments: [],
            environment: ["ADF_TRIGGER_AMQP_URL": plain].merging(environment) { $1 },
            needs: .broker
        )
    }

    private static func faults(_ environment: [String: String] = [:], file: String = "") -> [String] {
        do {
            _ = try settings(environment, file: file)
            return []
        } catch let error as ConfigurationError {
            return error.faults
        } catch {
            return ["\(error)"]
        }
    }

    // MARK: - What names a request

    @Test(
        "the property is one of three",
        arguments: [
            (nil, .messageID), ("message-id", .messageID), ("correlation-id", .correlationID),
            ("header:x-request-id", .header("x-request-id")), ("header:a:b", .header("a:b")),
        ] as [(String?, IdentitySource.Property)]
    )
    func property(text: String?, property: IdentitySource.Property) throws {
        let environment = text.map { ["ADF_TRIGGER_REQUESTS_IDENTITY": $0] } ?? [:]

        #expect(try Self.settings(environment).identity == IdentitySource(property))
    }

    @Test(
        "anything else is refused, and so is a header that does not stay as it was published",
        arguments: [
            "Message-ID", "header:", "header", "job", "header:request-id", "header:CC", "header:x-death",
            "header:attempts", "header:target", "header:generation", "header:origin-user-id",
            "header:\(String(repeating: "x", count: 256))",
        ]
    )
    func badProperty(text: String) {
        let faults = Self.faults(["ADF_TRIGGER_REQUESTS_IDENTITY": text])

        #expect(faults.count == 1 && faults.first?.hasPrefix("requests.identity (") == true, "\(faults)")
    }

    // MARK: - Who published it

    @Test("who published it matters where the scope or a rule says so, and nowhere else")
    func trust() throws {
        let scope = ["ADF_TRIGGER_REQUESTS_IDENTITY_SCOPE": "user-id"]
        let others = scope.merging(["ADF_TRIGGER_REQUESTS_TRUSTED_USERS": "ops, desk"]) { $1 }
        let rule = "targets:\n  a:\n    pipeline: p\n    factory: f\n    resourceGroup: r\n    subscriptionId: s\n"

        #expect(try Self.settings().trust == nil)
        #expect(try Self.settings(file: rule).trust == nil)
        #expect(try Self.settings(scope).trust == CopyTrust(user: "worker"))
        #expect(try Self.settings(scope).identity.isPerPublisher)
        #expect(try Self.settings(others).trust == CopyTrust(user: "worker", others: ["ops", "desk"]))
        #expect(try Self.settings(["ADF_TRIGGER_POLICY_PUBLISHERS": "a"]).trust == CopyTrust(user: "worker"))
        #expect(try Self.settings(file: rule + "    publishers: [alice]\n").trust == CopyTrust(user: "worker"))
        #expect(try Self.settings(file: rule + "    publishers: ['*']\n").trust == nil)
    }

    @Test(
        "where the URI does not say for certain who we are it must be told",
        arguments: [
            "amqps://worker@localhost?auth_mechanism=external&certfile=c&keyfile=k",
            "amqp://worker:secret@localhost amqp://other:secret@localhost",
        ]
    )
    func unknownLogin(uris: String) throws {
        let environment = ["ADF_TRIGGER_AMQP_URL": uris, "ADF_TRIGGER_REQUESTS_IDENTITY_SCOPE": "user-id"]

        #expect(Self.faults(["ADF_TRIGGER_AMQP_URL": uris]).isEmpty)
        #expect(Self.faults(environment).map { $0.prefix(10) } == ["amqp.user "])
        let told = environment.merging(["ADF_TRIGGER_AMQP_USER": "CN=worker"]) { $1 }
        #expect(try Self.settings(told).trust == CopyTrust(user: "CN=worker"))
    }

    // MARK: - Who may start what

    @Test("users' names in a file may have commas in them")
    func commas() throws {
        let file = "policy:\n  publishers:\n    - CN=etl,O=Example\n    - b\n"

        var expected = PublisherRules()
        expected.others = .init(["CN=etl,O=Example", "b"])
        #expect(try Self.settings(file: file).policy.publishers.others == expected.others)
    }

    @Test(
        "a rule that names nobody, or no names, is refused",
        arguments: ["[]", "alice", "[[a]]", "{a: b}", "['']"]
    )
    func noNames(list: String) {
        let faults = Self.faults(file: "targets:\n  a:\n    pipeline: p\n    publishers: \(list)\n")

        #expect(faults.count == 1 && faults.first?.contains("targets.a.publishers must be a list") == true, "\(faults)")
    }

    @Test("a general rule that names nobody is refused: it would look like no rule", arguments: ["", " , "])
    func emptyRule(text: String) {
        #expect(Self.faults(["ADF_TRIGGER_POLICY_PUBLISHERS": text]).first?.contains("names nobody") == true)
    }

    @Test("two aliases of one pipeline must have the same publishers")
    func contradiction() {
        let target = "/subscriptions/s/resourceGroups/r/providers/Microsoft.DataFactory/factories/f/pipelines/p"
        let parts = "subscriptionId: s\n    resourceGroup: R\n    factory: F\n    pipeline: P"
        func file(_ publishers: String) -> String {
            "targets:\n  a: \(target)\n  b:\n    \(parts)\n    publishers: [\(publishers)]\n"
        }

        let fault = "targets.b: another alias of the same pipeline has other publishers"
        #expect(Self.faults(file: file("alice")) == [fault])
        #expect(Self.faults(["ADF_TRIGGER_POLICY_PUBLISHERS": "alice"], file: file("alice")).isEmpty)
    }
}
