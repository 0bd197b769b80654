internal import AzureIdentity

/// Reads the answer to createRun, `{"runId": "…"}`.
///
/// Every started run passes here and JSONDecoder takes some 10 µs, so the one shape the service sends is read by hand.
/// Anything else, such as more members or an escape in the id, goes to JSONDecoder.
enum RunIDScanner {
    /// Nil unless the body is a JSON object whose `runId` is a string that is not empty.
    static func runID(in body: [UInt8]) -> String? {
        if let id = plainRunID(in: body) { return id }
        let answer = JSONAnswer.decode(Answer.self, from: body)
        return answer?.runId.isEmpty == false ? answer?.runId : nil
    }

    private struct Answer: Decodable {
        let runId: String
    }

    private static let name = Array("\"runId\"".utf8)

    static func plainRunID(in body: [UInt8]) -> String? {
        var rest = body[...]
        func skip(_ byte: Character) -> Bool {
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
            guard rest.first == byte.asciiValue else { return false }
            rest = rest.dropFirst()
            return true
        }

        guard skip("{") else { return nil }
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        guard rest.starts(with: name) else { return nil }
        rest = rest.dropFirst(name.count)
        guard skip(":"), skip("\"") else { return nil }

        // Letters, digits, "-" and "_": no escapes, nothing that could be invalid UTF-8.
        let id = rest.prefix { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        rest = rest[id.endIndex...]
        guard !id.isEmpty, rest.first == UInt8(ascii: "\"") else { return nil }
        rest = rest.dropFirst()
        guard skip("}"), rest.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }) else { return nil }
        return String(decoding: id, as: UTF8.self)
    }
}
