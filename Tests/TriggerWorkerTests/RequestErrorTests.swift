import Testing

@testable import TriggerWorker

@Suite("Why a request ends without a run")
struct RequestErrorTests {
    @Test(
        "the classes are the contract's, each with whose fault it is and whether asking again can help",
        arguments: [
            (.malformed, "malformed", false, true), (.invalid, "invalid", false, true),
            (.unknownTarget, "unknown-target", false, true), (.forbidden, "forbidden", false, true),
            (.expired, "expired", false, true), (.rejected, "rejected", false, false),
            (.unavailable, "unavailable", true, false), (.outcomeUnknown, "outcome-unknown", true, false),
            (.replyUndeliverable, "reply-undeliverable", false, false),
        ] as [(ErrorClass, String, Bool, Bool)]
    )
    func classes(errorClass: ErrorClass, text: String, isRetryable: Bool, isRefusal: Bool) {
        #expect(errorClass.rawValue == text)
        #expect(errorClass.isRetryable == isRetryable)
        #expect(errorClass.isRefusal == isRefusal)
    }

    @Test("there are no other classes and no other outcomes")
    func closed() {
        #expect(ErrorClass.allCases.count == 11)
        #expect(
            Outcome.allCases.map(\.rawValue) == ["started", "adopted", "refused", "failed", "deferred", "returned"]
        )
    }

    @Test("a message of just the limit is kept, a longer one is cut and says so")
    func limit() {
        let fits = String(repeating: "a", count: RequestError.messageByteLimit)

        let whole = RequestError(.invalid, code: "C", fits)
        let cut = RequestError(.invalid, code: "C", fits + "a")

        #expect(whole.message == fits)
        #expect(cut.message == String(repeating: "a", count: 2045) + "…")
        #expect(cut.message.utf8.count == 2048)
    }

    @Test("a cut never falls inside a character's bytes", arguments: ["é", "€", "😀"], 0..<4)
    func multibyte(character: String, offset: Int) {
        let text = String(repeating: "a", count: offset) + String(repeating: character, count: 100)

        for limit in 20..<30 {
            let cut = text.truncated(toByteCount: limit)

            #expect(cut.hasSuffix("…"))
            #expect(text.hasPrefix(cut.dropLast()))
            #expect((limit - 3...limit).contains(cut.utf8.count))
        }
    }

    @Test("a code is cut as well")
    func code() {
        let error = RequestError(.rejected, code: String(repeating: "é", count: 100), "m")

        #expect(error.code == String(repeating: "é", count: 62) + "…")
    }
}
