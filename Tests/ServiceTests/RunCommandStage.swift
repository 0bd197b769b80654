import Foundation
import FoundationNetworking
import TestSupport

/// An emulator in a process of its own, and the environment with which `adf-trigger` finds it. No broker anywhere.
final class RunCommandStage: Sendable {
    static let subscription = "11111111-2222-3333-4444-555555555555"
    static let factoryID =
        "/subscriptions/\(subscription)/resourceGroups/rg-test/providers/Microsoft.DataFactory/factories/adf-test"
    static let secret = "s3cret+/&=%~value"

    let emulator: Program
    let endpoint: String
    let environment: [String: String]
    private let folder: URL

    /// How the emulator is reached.
    enum Door {
        case plain
        /// Over https, by a certificate nobody has signed but itself: `certificate.pem`, with `certificate.key`.
        case secure
    }

    /// - Parameters:
    ///   - members: Members of the scenario, added to its world.
    ///   - tenant: Members of its tenant, added to a client with a secret.
    init(scenario members: String = "", tenant: String = "", door: Door = .plain) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "adf-trigger-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var arguments: [String] = []
        if door == .secure {
            try await Self.makeCertificate(in: folder)
            let certificate = folder.appending(path: "certificate.pem").path
            let key = folder.appending(path: "certificate.key").path
            arguments = ["--tls-cert", certificate, "--tls-key", key]
        }
        let scenario = folder.appending(path: "scenario.json")
        try Data(Self.scenario(members, tenant: tenant).utf8).write(to: scenario)
        let emulator = try Program("adf-emulator", ["--port", "0", "--scenario", scenario.path] + arguments)
        let mark = "listening on "
        try await eventually("the emulator listens") { emulator.outputSoFar.contains(mark) || !emulator.isRunning }
        guard let start = emulator.outputSoFar.range(of: mark) else {
            throw NeverHappened(description: "the emulator listens: \(emulator.errorsSoFar)")
        }
        self.emulator = emulator
        endpoint = String(emulator.outputSoFar[start.upperBound...].prefix { !$0.isNewline })
        environment = [
            "ADF_TRIGGER_AZURE_CREDENTIAL": "client-secret",
            "ADF_TRIGGER_AZURE_MANAGEMENT_ENDPOINT": endpoint,
            "AZURE_AUTHORITY_HOST": endpoint,
            "AZURE_TENANT_ID": "test-tenant",
            "AZURE_CLIENT_ID": "test-client",
            "AZURE_CLIENT_SECRET": Self.secret,
            "ADF_TRIGGER_AZURE_DEFAULT_SUBSCRIPTION_ID": Self.subscription,
            "ADF_TRIGGER_AZURE_DEFAULT_RESOURCE_GROUP": "rg-test",
            "ADF_TRIGGER_AZURE_DEFAULT_FACTORY": "adf-test",
            "ADF_TRIGGER_AZURE_WINDOW_SECONDS": "1",
        ]
    }

    /// Stops and removes everything.
    func end() async throws {
        try await emulator.stop()
        try FileManager.default.removeItem(at: folder)
    }

    /// The path of a file that goes with the stage.
    func path(_ name: String) -> String { folder.appending(path: name).path }

    /// Writes a file that goes with the stage.
    func file(_ name: String, _ text: String) throws -> String {
        let url = folder.appending(path: name)
        try Data(text.utf8).write(to: url)
        return url.path
    }

    // MARK: - The command

    /// A command that has ended, with the JSON object it printed.
    struct Ended {
        var code: Int32
        var output: String
        var errors: String
        var json: [String: Any]

        init(_ exit: Program.Exit) throws {
            code = exit.code
            output = exit.output
            errors = exit.errors
            let object = try JSONSerialization.jsonObject(with: Data(exit.output.utf8))
            guard let json = object as? [String: Any] else { throw NeverHappened(description: "JSON: \(output)") }
            self.json = json
        }

        var status: String? { json["status"] as? String }
        var runID: String? { json["runId"] as? String }
        var attempts: Int? { json["attempts"] as? Int }
        var isAdopted: Bool? { json["adopted"] as? Bool }
        var errorClass: String? { (json["error"] as? [String: Any])?["class"] as? String }
        var errorCode: String? { (json["error"] as? [String: Any])?["code"] as? String }
    }

    /// Runs `adf-trigger`, which must print one line with one JSON object.
    func command(_ arguments: String..., set: [String: String] = [:]) async throws -> Ended {
        let exit = try await start(arguments, set: set).waitForExit()
        guard exit.output.hasSuffix("}\n"), exit.output.filter(\.isNewline).count == 1 else {
            throw NeverHappened(description: "one line of output: \(exit.output)\n\(exit.errors)")
        }
        return try Ended(exit)
    }

    func start(_ arguments: [String], set: [String: String] = [:]) throws -> Program {
        try Program("adf-trigger", arguments, environment: environment.merging(set) { $1 })
    }

    // MARK: - The emulator

    struct Run: Decodable {
        var runId: String
        var clientRequestId: String?
        var pipeline: String
        var status: String
        var referencePipelineRunId: String?
        var isRecovery: Bool?
        var startActivityName: String?
        var startFromFailure: Bool?
    }

    func runs() async throws -> [Run] {
        try JSONDecoder().decode([Run].self, from: try await http("GET", "/emulator/runs"))
    }

    func runsText() async throws -> String {
        String(decoding: try await http("GET", "/emulator/runs"), as: UTF8.self)
    }

    func setFaults(_ json: String) async throws {
        _ = try await http("PUT", "/emulator/faults", body: json)
    }

    /// How many requests a route of the emulator has had.
    func requests(of route: String) async throws -> Int {
        let counts = try JSONDecoder().decode(
            [String: [String: Int]].self,
            from: try await http("GET", "/emulator/stats")
        )
        return counts[route]?.values.reduce(0, +) ?? 0
    }

    private func http(_ method: String, _ path: String, body: String? = nil) async throws -> Data {
        guard let url = URL(string: endpoint + path) else { throw NeverHappened(description: "\(path) is a URL") }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.httpBody = body.map { Data($0.utf8) }
        let (data, response) = try await URLSession.shared.data(for: request)
        guard (response as? HTTPURLResponse)?.statusCode == 200 else {
            throw NeverHappened(description: "\(method) \(path) was answered 200: \(response)")
        }
        return data
    }

    private static func makeCertificate(in folder: URL) async throws {
        let made = try await Program.run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=emulator", "-addext",
                "subjectAltName=IP:127.0.0.1", "-keyout", folder.appending(path: "certificate.key").path, "-out",
                folder.appending(path: "certificate.pem").path,
            ]
        )
        guard made.code == 0 else { throw NeverHappened(description: "a certificate was made: \(made.errors)") }
    }

    private static func scenario(_ members: String, tenant: String) -> String {
        """
        {"tenants":[{"tenantId":"test-tenant","clientId":"test-client","clientSecret":"\(secret)"\(tenant.isEmpty ? "" : "," + tenant)}],
         "writes":null,"reads":null,\(members.isEmpty ? "" : members + ",")
         "factories":[{"subscriptionId":"\(subscription)","resourceGroup":"rg-test","name":"adf-test","pipelines":[
           {"name":"ingest-orders","durationSeconds":0.5,
            "parameters":{"batch":{"type":"Int","defaultValue":1},"note":{"type":"String","defaultValue":""},
                          "rate":{"type":"Float","defaultValue":0}}},
           {"name":"name with spaces (and [brackets])"},
           {"name":"always-fails","durationSeconds":0.5,"outcome":"Failed"},
           {"name":"takes-seconds","durationSeconds":3},
           {"name":"takes-long","durationSeconds":600}]},
          {"subscriptionId":"\(subscription)","resourceGroup":"rg-test","name":"adf-other","pipelines":[
           {"name":"elsewhere"}]}]}
        """
    }
}
