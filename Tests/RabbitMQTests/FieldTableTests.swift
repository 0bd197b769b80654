import Testing

@testable import RabbitMQ

@Suite("Field tables and values")
struct FieldTableTests {
    @Test("a literal keeps its order and its kinds")
    func literal() {
        let table: FieldTable = ["z": "text", "a": 1, "m": true, "empty": .table([:])]

        #expect(table.entries.map(\.key) == ["z", "a", "m", "empty"])
        #expect(table.entries.map(\.value) == [.string("text"), .int64(1), .bool(true), .table(FieldTable())])
        #expect(!table.isEmpty)
        #expect(([:] as FieldTable).isEmpty)
    }

    @Test("setting a key replaces its value where it stands, or appends it")
    func set() {
        var table: FieldTable = ["a": 1, "b": 2, "c": 3]

        table["b"] = "two"
        table["d"] = 4

        #expect(table == ["a": 1, "b": "two", "c": 3, "d": 4])
        #expect(table["b"] == "two")
        #expect(table["e"] == nil)
    }

    @Test("setting nil removes the entry, and nothing where there is none")
    func remove() {
        var table: FieldTable = ["a": 1, "b": 2]

        table["a"] = nil
        table["x"] = nil

        #expect(table == ["b": 2])
    }

    @Test("repeated keys stay; reading, setting and removing mean the first")
    func repeatedKeys() {
        var table: FieldTable = ["a": 1, "b": 2, "a": 3]
        #expect(table.entries.count == 3)
        #expect(table["a"] == 1)

        table["a"] = 9
        #expect(table == ["a": 9, "b": 2, "a": 3])
        table["a"] = nil
        #expect(table == ["b": 2, "a": 3])
    }

    @Test("tables with the same entries in another order are not the same")
    func order() {
        #expect((["a": 1, "b": 2] as FieldTable) != ["b": 2, "a": 1])
    }

    @Test(
        "any integer kind that fits reads as an integer",
        arguments: [
            (.int8(-8), -8), (.uint8(200), 200), (.int16(-300), -300), (.uint16(65535), 65535), (.int32(-5), -5),
            (.uint32(.max), 4_294_967_295), (.int64(.min), .min), (.uint64(7), 7),
            (.uint64(UInt64(Int64.max)), .max), (.uint64(UInt64(Int64.max) + 1), nil), (.double(1), nil),
            (.timestamp(1), nil), (.bool(true), nil), ("1", nil), (.void, nil), (.decimal(scale: 0, value: 1), nil),
        ] as [(FieldValue, Int64?)]
    )
    func integer(value: FieldValue, expected: Int64?) {
        #expect(value.integer == expected)
    }

    @Test(
        "either text kind reads as text where it is UTF-8",
        arguments: [
            ("grün", "grün"), (.bytes(Array("grün".utf8)), "grün"), (.bytes([]), ""), (.bytes([0xFF]), nil),
            (.octets([0xFF]), nil), (.int64(1), nil), (.void, nil), (.table([:]), nil), (.array(["a"]), nil),
        ] as [(FieldValue, String?)]
    )
    func text(value: FieldValue, expected: String?) {
        #expect(value.text == expected)
    }
}
