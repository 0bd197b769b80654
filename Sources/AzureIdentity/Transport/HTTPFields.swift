/// The fields of an answer's head, taken apart when they are asked for: of most answers few or none ever are.
struct HTTPFields: Sendable {
    /// Where one stands among the bytes.
    private struct Line {
        let name: Range<Int>
        let value: Range<Int>
    }

    private var bytes: [UInt8] = []
    private var lines: [Line] = []

    init(_ headers: [HTTPHeader] = []) {
        for header in headers {
            let start = bytes.count
            bytes += header.name.utf8
            let middle = bytes.count
            bytes += header.value.utf8
            lines.append(Line(name: start..<middle, value: middle..<bytes.count))
        }
    }

    /// How many there are.
    var count: Int { lines.count }

    /// All of them, in their order.
    var all: [HTTPHeader] {
        lines.map { HTTPHeader(name: text($0.name), value: text($0.value)) }
    }

    /// The value of the first field of that name, whatever its case.
    func value(of name: String) -> String? {
        let name = name.utf8.span
        let found = lines.first { line in
            guard line.name.count == name.count else { return false }
            for index in name.indices
            where name[index].asciiLowercased != bytes[line.name.lowerBound + index].asciiLowercased { return false }
            return true
        }
        return found.map { text($0.value) }
    }

    /// Takes a line of a head as it came; what is no field is passed over.
    mutating func append(line: UnsafeRawBufferPointer) {
        var colon = 0
        while colon < line.count, line[colon] != UInt8(ascii: ":") { colon += 1 }
        guard colon > 0, colon < line.count else { return }
        var start = colon + 1
        var end = line.count
        while start < end, line[start] == UInt8(ascii: " ") || line[start] == UInt8(ascii: "\t") { start += 1 }
        while start < end, line[end - 1] == UInt8(ascii: " ") || line[end - 1] == UInt8(ascii: "\t") { end -= 1 }
        if lines.isEmpty {
            // What most answers have.
            bytes.reserveCapacity(1024)
            lines.reserveCapacity(16)
        }
        let offset = bytes.count
        bytes.append(contentsOf: line)
        lines.append(Line(name: offset..<offset + colon, value: offset + start..<offset + end))
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}
