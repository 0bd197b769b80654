extension PipelineRun {
    /// Where a run stands. Unknown words are kept, and do not count as an end.
    public struct Status: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
        /// The word on the wire.
        public let rawValue: String

        /// Any word.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// Waiting for its turn.
        public static let queued = Status(rawValue: "Queued")
        /// Running.
        public static let inProgress = Status(rawValue: "InProgress")
        /// Ended well.
        public static let succeeded = Status(rawValue: "Succeeded")
        /// Ended badly; ``PipelineRun/message`` says why.
        public static let failed = Status(rawValue: "Failed")
        /// Being cancelled.
        public static let canceling = Status(rawValue: "Canceling")
        /// Cancelled. The service spells this one with two l and `Canceling` with one.
        public static let cancelled = Status(rawValue: "Cancelled")

        /// Whether nothing more will happen.
        public var isTerminal: Bool { self == .succeeded || self == .failed || self == .cancelled }

        /// The word on the wire.
        public var description: String { rawValue }
    }
}
