import Testing

@testable import AzureIdentity

@Suite("A secret in a text from outside")
struct SecretTests {
    private static let secret = Secret("s€cr/t+")

    @Test(
        "goes in every form it may come back in",
        arguments: [
            ("say s€cr/t+ once", "say [redacted] once"),
            ("s€cr/t+s€cr/t+", "[redacted][redacted]"),
            ("s€cr/s€cr/t+", "s€cr/[redacted]"),
            ("a s%E2%82%ACcr%2Ft%2B b", "a [redacted] b"),
            ("a s%e2%82%accr%2ft%2b b", "a [redacted] b"),
            ("a c+KCrGNyL3Qr b", "a [redacted] b"),
            ("nothing of it here", "nothing of it here"),
            ("s€cr/t", "s€cr/t"),
            ("", ""),
        ]
    )
    func forms(text: String, clean: String) {
        #expect(Self.secret.redacted(from: text) == clean)
    }

    @Test("does not hide behind a mark that makes its last letter another character")
    func marked() {
        let clean = Secret("secret").redacted(from: "secret\u{301}!")

        #expect(Array(clean.unicodeScalars) == Array("[redacted]\u{301}!".unicodeScalars))
    }

    @Test("that is empty is in no text")
    func empty() {
        #expect(Secret("").redacted(from: "text") == "text")
    }
}
