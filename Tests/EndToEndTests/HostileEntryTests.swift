import Foundation
import RabbitMQ
import TestSupport
import Testing

/// Anybody who may publish can put a message on the error queue, and operators look at it on their terminals.
@Suite("Entries made to do harm", .timeLimit(.minutes(10)))
struct HostileEntryTests {
    /// Erases a screen, sets its title, and does the same in one character where a terminal knows those.
    private static let escapes = "\u{1B}[2J\u{1B}]0;owned\u{7}\u{9B}31m\u{202E}\r\n"
    private static let count = 10

    @Test("are listed, shown and dropped, and nothing of them reaches the terminal but text")
    func lookedAt() async throws {
        let stage = try await Stage("desk-hostile")
        try await park(on: stage)

        let groups = try await stage.groups()
        let ids = groups.flatMap(\.ids)
        let table = try await stage.errors(["list"])
        var shown: [Program.Exit] = [table, try await stage.errors(["list", "--json"])]
        for id in ids {
            shown.append(try await stage.errors(["show", "--json"] + stage.configuration + ["--", id]))
            shown.append(try await stage.errors(["show"] + stage.configuration + ["--", id]))
        }
        let unknown = try await stage.errors(["show", "nobody\(Self.escapes)"])
        let dropped = try await stage.errors(["drop", "--all", "--yes"])

        #expect(ids.count == Self.count)
        #expect(ids.contains("id\(Self.escapes)"))
        #expect(table.output.contains("\(Self.count) entries"), "\(table.output)")
        #expect(shown.allSatisfy { $0.code == 0 }, "\(shown.filter { $0.code != 0 }.map(\.errors))")
        #expect(dropped.output.hasSuffix("\(Self.count) of \(Self.count) dropped\n"), "\(dropped.errors)")
        for exit in shown + [unknown, dropped] { #expect(controls(in: exit.output + exit.errors).isEmpty) }
        #expect(try await stage.ready("errors") == 0)
        try await stage.end()
    }

    @Test("go home or stay, each on one queue")
    func sentHome() async throws {
        let stage = try await Stage("home-hostile")
        try await park(on: stage)

        let home = try await stage.errors(["send-home", "--all", "--yes", "--force"])

        #expect(home.code == 1, "\(home.errors)")
        #expect(controls(in: home.output + home.errors).isEmpty)
        #expect(home.output.contains("not sent large: its body has 10485760 bytes"), "\(home.output)")
        try await eventually("what stays is given back") { try await stage.ready("errors") == 1 }
        #expect(try await stage.ready("requests") == Self.count - 1)
        try await stage.end()
    }

    private func park(on stage: Stage) async throws {
        let channel = stage.channel
        let none = try await channel.publish(Message("bare"), routingKey: "\(stage.prefix).errors", isMandatory: true)
        guard case .confirmed = none else { throw NeverHappened(description: "a bare message was taken: \(none)") }
        try await stage.parkDirectly("large", body: Array(repeating: UInt8(ascii: "x"), count: 10 << 20))
        try await stage.parkDirectly("deep", body: Array(repeating: UInt8(ascii: "["), count: 60_000))
        try await stage.parkDirectly("binary", body: [0xFF, 0x1B, 0x5B, 0x32, 0x4A, 0x00, 0xC3])
        try await stage.parkDirectly("escapes", body: Array(#"{"a":"\#(Self.escapes)"}"#.utf8))
        try await stage.parkDirectly("id\(Self.escapes)")
        try await stage.parkDirectly("-f")
        try await stage.parkDirectly("headers") { properties in
            for name in ["error-class", "error-code", "error-message", "target", "failed-at", Self.escapes] {
                properties.headers?[name] = .string("\(name)\(Self.escapes)")
            }
            properties.headers?["run-id"] = .string("0b0e9c1e-0000-4000-8000-000000000001\0\(Self.escapes)")
            properties.appID = Self.escapes
        }
        try await stage.parkDirectly("types") { properties in
            var table: FieldTable = ["bytes": .bytes([0x1B, 0xFF]), "text": .string(Self.escapes)]
            for _ in 0..<6 { table = ["table": .table(table), "array": .array([.table(table), .void])] }
            properties.headers = [
                "error-class": .table(["a": 1]), "error-code": 7, "attempts": "many", "generation": .int64(.min),
                "target": .bool(true), "failed-at": .timestamp(.max), "request-id": .array([]), "tables": .table(table),
            ]
        }
        try await stage.parkDirectly("wide") { properties in
            for number in 0..<500 {
                properties.headers?["h-\(number)"] = .string(String(repeating: "é", count: 100))
            }
        }
    }

    private func controls(in text: String) -> [String] {
        text.unicodeScalars.filter { scalar in
            switch scalar.properties.generalCategory {
            case .control: scalar != "\n"
            case .format, .lineSeparator, .paragraphSeparator: true
            default: false
            }
        }.map { String($0.value, radix: 16) }
    }
}
