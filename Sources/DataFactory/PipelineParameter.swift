internal import AzureIdentity

/// One declared parameter of a pipeline.
public struct PipelineParameter: Sendable, Hashable {
    /// What values it takes. Unknown words are kept.
    public struct Kind: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
        /// The word on the wire; a known one is spelled as the specification has it, whatever its author wrote.
        public let rawValue: String

        /// Any word. The authoring pages write known ones in lower case, so case is no difference.
        public init(rawValue: String) {
            self.rawValue = Self.words.first { $0.equalsIgnoringASCIICase(rawValue) } ?? rawValue
        }

        /// A JSON object.
        public static let object = Kind(rawValue: "Object")
        /// A string.
        public static let string = Kind(rawValue: "String")
        /// An integer.
        public static let int = Kind(rawValue: "Int")
        /// A number.
        public static let float = Kind(rawValue: "Float")
        /// True or false.
        public static let bool = Kind(rawValue: "Bool")
        /// A JSON array.
        public static let array = Kind(rawValue: "Array")
        /// A string that is masked wherever the service shows it.
        public static let secureString = Kind(rawValue: "SecureString")

        private static let words = ["Object", "String", "Int", "Float", "Bool", "Array", "SecureString"]

        /// The word on the wire.
        public var description: String { rawValue }
    }

    /// The name, as its author wrote it.
    public let name: String

    /// What values it takes; nil if the declaration does not say.
    public let kind: Kind?

    /// Whether a run may leave it out. The default itself is not kept: it may be a secret.
    public let hasDefault: Bool

    /// Makes a value; for tests of callers.
    public init(name: String, kind: Kind?, hasDefault: Bool) {
        self.name = name
        self.kind = kind
        self.hasDefault = hasDefault
    }
}
