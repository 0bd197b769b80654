import Foundation
import TestSupport
import Testing

@testable import TriggerWorker

/// Two readers that disagree on a document are how a request gets past a check, so ours is compared with another.
@Suite("Agreement with Foundation's reader", .timeLimit(.minutes(5)))
struct JSONScannerCorpusTests {
    private static let documents = [
        #"{"target":"nightly","parameters":{"batch":42,"tables":["a","b"],"when":"2026-11-22T00:00:00Z"}}"#,
        #"[0,-0,1.10,-2.5e3,1E+2,9007199254740993,[],{},[[[1]]],{"a":{"b":{"c":null}}}]"#,
        #"{"esc":"\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00","é":"😀","":true,"x":false}"#,
        #" { "a" : [ 1 , 2 , { "b" : "c" } ] , "d" : null } "#, #""just a string with ü and \u20ac""#,
    ]

    private static let alphabet = Array(#"{}[]",:\/-+.eE0123456789aubftn \#t\#n\#u{1}'é😀"#.utf8)

    private static func mutated(_ document: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = document
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 1...6, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(alphabet[Int.random(in: 0..<alphabet.count, using: &random)], at: place)
            case 2: bytes[place] = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            case 3: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 4: bytes.insert(contentsOf: bytes[place..<end], at: place)
            default: bytes.removeSubrange(place..<end)
            }
        }
        return bytes
    }

    private static func corpus(seed: UInt64) -> [[UInt8]] {
        var random = SeededGenerator(seed: seed)
        return documents.flatMap { document in (0..<400).map { _ in mutated(Array(document.utf8), &random) } }
    }

    /// Foundation's objection; nil where it reads the document.
    private static func foundationsObjection(to bytes: [UInt8]) -> String? {
        do {
            _ = try JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])
            return nil
        } catch {
            return "\(error)"
        }
    }

    private static func ourObjection(to bytes: [UInt8]) -> JSONScanner.Failure? {
        do throws(JSONScanner.Failure) {
            try JSONScanner.check(bytes)
            return nil
        } catch {
            return error
        }
    }

    /// Whether a comma is the last thing before this place.
    private static func followsComma(_ bytes: [UInt8], _ offset: Int) -> Bool {
        bytes[..<min(offset, bytes.count)].last { !" \t\r\n".utf8.contains($0) } == UInt8(ascii: ",")
    }

    @Test("what we read, Foundation reads, unless it has no number type for it", arguments: [1, 2, 3, 4] as [UInt64])
    func accepted(seed: UInt64) {
        var count = 0
        for bytes in Self.corpus(seed: seed) where Self.ourObjection(to: bytes) == nil {
            count += 1
            guard let objection = Self.foundationsObjection(to: bytes) else { continue }
            #expect(objection.contains("not representable"), "\(String(decoding: bytes, as: UTF8.self)): \(objection)")
        }

        #expect(count > 200, "too few mutations stay valid to prove anything")
    }

    @Test(
        "what Foundation reads and we refuse has a name twice or a comma too many",
        arguments: [1, 2, 3, 4] as [UInt64]
    )
    func refused(seed: UInt64) {
        var count = 0
        for bytes in Self.corpus(seed: seed) {
            guard let failure = Self.ourObjection(to: bytes) else { continue }
            count += 1
            guard Self.foundationsObjection(to: bytes) == nil else { continue }
            let isKnown =
                failure.message == "stands twice in one object" || Self.followsComma(bytes, failure.byteOffset)
            #expect(isKnown, "\(String(decoding: bytes, as: UTF8.self)): \(failure.text)")
        }

        #expect(count > 200, "too few mutations are invalid to prove anything")
    }

    @Test("a number beyond Double is JSON to us and not to Foundation", arguments: ["1e400", "-1e400", "0.1e1000"])
    func beyondDouble(text: String) {
        #expect(Self.ourObjection(to: Array(text.utf8)) == nil)
        #expect(Self.foundationsObjection(to: Array(text.utf8)) != nil)
    }

    @Test(
        "what leaves two readers two meanings is JSON to Foundation and not to us",
        arguments: [#"{"a":1,"a":2}"#, "[1,]", #"{"a":1,}"#, "\u{FEFF}{}"]
    )
    func ambiguous(text: String) {
        #expect(Self.ourObjection(to: Array(text.utf8)) != nil)
        #expect(Self.foundationsObjection(to: Array(text.utf8)) == nil)
    }
}
