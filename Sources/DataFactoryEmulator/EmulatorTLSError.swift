/// Why the emulator cannot serve https with the files it was given.
package struct EmulatorTLSError: Error, CustomStringConvertible {
    /// The file.
    package let path: String
    /// What is wrong with it and what would be right.
    package let message: String

    /// Both in one line.
    package var description: String { "\(path) \(message)" }
}
