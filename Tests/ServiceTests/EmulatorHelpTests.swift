import DataFactoryEmulator
import Foundation
import TestSupport
import Testing

/// The emulator's executable, as a stranger meets it.
@Suite("The emulator's help and example", .timeLimit(.minutes(5)))
struct EmulatorHelpTests {
    @Test("the help fits a terminal of 80 columns")
    func helpFits() async throws {
        let help = try await Program.run("adf-emulator", ["--help"])
        let lines = help.output.split(separator: "\n")

        #expect(help.code == 0)
        #expect(lines.count > 50)
        #expect(lines.filter { $0.count > 80 }.isEmpty)
    }

    @Test("the help names every fault, every route of faults and every member of a scenario")
    func helpIsComplete() async throws {
        let help = try await Program.run("adf-emulator", ["--help"]).output
        let words = Set(help.split { !$0.isLetter && !$0.isNumber && $0 != "-" }.map(String.init))
        let routes = RouteName.allCases.filter { $0 != .other }.map(\.rawValue)
        // The message about an unknown member lists the known ones.
        let error = #expect(throws: ScenarioError.self) { try Scenario(json: Array(#"{"?":0}"#.utf8)) }
        let members = try #require(error).message.split(separator: "\"").filter { $0.allSatisfy(\.isLetter) }
        let missing = (Fault.names + routes + members.map(String.init)).filter { !words.contains($0) }

        #expect(members.count > 10)
        #expect(missing.isEmpty)
    }

    @Test("the example is served as it is")
    func example() async throws {
        let example = try await Program.run("adf-emulator", ["--example"])
        let folder = FileManager.default.temporaryDirectory.appending(path: "adf-emulator-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: "scenario.json")
        try Data(example.output.utf8).write(to: file)
        let emulator = try Program("adf-emulator", ["--port", "0", "--scenario", file.path])
        try await eventually("the emulator listens") {
            emulator.outputSoFar.contains("listening on http://127.0.0.1:") || !emulator.isRunning
        }

        #expect(emulator.isRunning, "\(emulator.errorsSoFar)")
        try await emulator.stop()
        try FileManager.default.removeItem(at: folder)
    }

    @Test(
        "what is wrong is said with its own exit code",
        arguments: [
            ([], 64, "--port"), (["--port", "70000", "--scenario", "x"], 64, "65535"),
            (["--port", "0", "--scenario", "/nowhere/scenario.json"], 78, "/nowhere/scenario.json"),
        ] as [([String], Int32, String)]
    )
    func exitCodes(_ arguments: [String], _ code: Int32, _ hint: String) async throws {
        let exit = try await Program.run("adf-emulator", arguments)

        #expect(exit.code == code)
        #expect(exit.errors.contains(hint), "\(exit.errors)")
    }
}
