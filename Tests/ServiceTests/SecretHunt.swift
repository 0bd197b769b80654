import AzureIdentity
import Foundation
import Testing

/// Looks for secrets where they must not be.
struct SecretHunt: Sendable {
    private let forms: [String]

    /// - Parameter secrets: At least twelve characters long each. A part that long is as good as found: what is cut to
    ///   a length must have been redacted before.
    init(_ secrets: String...) {
        self.init(all: secrets)
    }

    init(all secrets: [String]) {
        forms = secrets.flatMap { secret in
            let head = String(secret.prefix(12))
            let encoded = PercentEncoding.encode(head)
            // Base64 of the first twelve bytes is the beginning of that of all.
            return [head, encoded, encoded.lowercased(), Data(secret.utf8.prefix(12)).base64EncodedString()]
        }
    }

    /// Records an issue for each secret in a text.
    func search(_ text: String, _ place: String, sourceLocation: SourceLocation = #_sourceLocation) {
        for form in forms where text.contains(form) {
            Issue.record("a secret is in \(place), as \(form): \(text.prefix(2000))", sourceLocation: sourceLocation)
        }
    }

    /// Searches every way a value is printed.
    func search(_ value: Any, _ place: String, sourceLocation: SourceLocation = #_sourceLocation) {
        var dumped = ""
        dump(value, to: &dumped)
        let error = value as? any Error
        for text in [
            String(describing: value), String(reflecting: value), dumped, error?.localizedDescription ?? "",
        ] {
            search(text, place, sourceLocation: sourceLocation)
        }
    }
}
