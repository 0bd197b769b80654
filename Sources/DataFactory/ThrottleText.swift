/// The wait that ARM states in the text of a refusal: "Please try again after '6' seconds".
///
/// Texts are no contract, but where a 429 comes without any header this is all there is, and calling again too early
/// renews the wait.
enum ThrottleText {
    private static let lead = "try again after '"

    /// Nil unless the text states a number of whole seconds, at most a week of them.
    static func wait(in text: String) -> Duration? {
        let text = text.lowercased()
        guard let start = text.firstRange(of: lead)?.upperBound else { return nil }
        let rest = text[start...]
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard rest[digits.endIndex...].hasPrefix("' second"), let seconds = Int(digits), seconds <= 7 * 24 * 3600
        else { return nil }
        return .seconds(seconds)
    }
}
