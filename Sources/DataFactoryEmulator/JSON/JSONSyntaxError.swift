/// The place where a text stops being JSON, and why.
package struct JSONSyntaxError: Error, Equatable, CustomStringConvertible {
    /// How many bytes of the text were good.
    package let offset: Int
    /// What is wrong there.
    package let message: String

    /// The fault in one line, without any of the text itself.
    package var description: String { "\(message) at byte \(offset)" }
}
