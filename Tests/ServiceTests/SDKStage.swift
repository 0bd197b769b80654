import Foundation
import TestSupport

/// The world that Microsoft's SDK and our client meet: a scenario, the emulator that plays it, and who may sign in.
struct SDKStage: Sendable {
    static let tenant = "aaaaaaaa-0000-4000-8000-000000000001"
    static let application = "bbbbbbbb-0000-4000-8000-000000000001"
    static let secret = "s3cret+/&=%~value"
    static let subscription = "11111111-2222-3333-4444-555555555555"

    /// An emulator that serves.
    struct Emulator: Sendable {
        let program: Program
        let endpoint: String
    }

    private let folder: URL

    /// Makes a folder for the files.
    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "adf-trigger-sdk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Removes the folder.
    func remove() {
        try? FileManager.default.removeItem(at: folder)
    }

    /// A certificate that the scenario knows, and its key, in one PEM file.
    func credentialFile() throws -> String { try join("guest") }

    /// A certificate and a key that nobody knows.
    func strangerFile() throws -> String { try join("intruder") }

    /// Starts the real program, and returns once it serves.
    func startEmulator(overTLS: Bool) async throws -> Emulator {
        let scenario = folder.appending(path: "scenario.json")
        try Data(try Self.scenario(certificate: TestBroker.tlsFile("guest.pem")).utf8).write(to: scenario)
        var arguments = ["--port", "0", "--scenario", scenario.path]
        if overTLS {
            arguments += ["--tls-cert", try TestBroker.tlsFile("localhost.pem")]
            arguments += ["--tls-key", try TestBroker.tlsFile("localhost.key")]
        }
        let program = try Program("adf-emulator", arguments)
        let mark = "listening on "
        try await eventually("the emulator listens") { program.outputSoFar.contains(mark) || !program.isRunning }
        guard let start = program.outputSoFar.range(of: mark) else {
            throw NeverHappened(description: "the emulator does not listen: \(program.errorsSoFar)")
        }
        let endpoint = String(program.outputSoFar[start.upperBound...].prefix { !$0.isNewline })
        return Emulator(program: program, endpoint: endpoint)
    }

    private func join(_ name: String) throws -> String {
        let file = folder.appending(path: "\(name)-both.pem")
        let parts = try ["pem", "key"].map {
            try String(contentsOfFile: TestBroker.tlsFile("\(name).\($0)"), encoding: .utf8)
        }
        try Data(parts.joined().utf8).write(to: file)
        return file.path
    }

    private static func scenario(certificate: String) -> String {
        """
        {"tenants":[
           {"tenantId":"\(tenant)","clientId":"\(application)","clientSecret":"\(secret)",
            "certificates":["\(certificate)"]},
           {"tenantId":"\(tenant)","clientId":"bbbbbbbb-0000-4000-8000-000000000002","clientSecret":"\(secret)",
            "mayRun":false}],
         "writes":null,"reads":null,
         "factories":[{"subscriptionId":"\(subscription)","resourceGroup":"rg-test","name":"adf-test","pipelines":[
           {"name":"ingest-orders","parameters":{
             "batch":{"type":"Int","defaultValue":1},"note":{"type":"String","defaultValue":""}}},
           {"name":"every-type","parameters":{
             "text":{"type":"String","defaultValue":""},"number":{"type":"Int","defaultValue":1},
             "fraction":{"type":"Float","defaultValue":0.5},"flag":{"type":"Bool","defaultValue":false},
             "list":{"type":"Array","defaultValue":[]},"object":{"type":"Object","defaultValue":{}}}},
           {"name":"long","durationSeconds":3600},
           {"name":"größe (and [brackets]) 100 = a;b@c"}]}]}
        """
    }
}
