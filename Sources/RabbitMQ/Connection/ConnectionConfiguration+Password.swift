extension ConnectionConfiguration {
    /// A password, or the file that holds it: it prints as stars, wherever it is printed.
    public struct Password: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
        CustomReflectable
    {
        enum Source: Sendable, Hashable {
            case text(String)
            case file(String)
        }

        let source: Source

        /// Wraps a password.
        public init(_ text: String) { source = .text(text) }

        private init(source: Source) { self.source = source }

        /// A password in a file, which is read at each login, so that one that was changed is taken up.
        ///
        /// One newline at the end does not count. The file must be UTF-8, and hold 1 to 4096 bytes.
        public static func file(_ path: String) -> Password { Password(source: .file(path)) }

        /// Stars.
        public var description: String { "***" }
        /// Stars.
        public var debugDescription: String { "***" }
        /// Nothing to see.
        public var customMirror: Mirror { Mirror(self, children: []) }
    }
}
