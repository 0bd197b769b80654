extension RunQuery {
    /// One field the runs are ordered by.
    public struct Ordering: Sendable, Hashable {
        /// A field.
        public struct Field: RawRepresentable, Sendable, Hashable {
            /// The word on the wire.
            public let rawValue: String

            /// Any word.
            public init(rawValue: String) { self.rawValue = rawValue }

            /// When the run began.
            public static let runStart = Field(rawValue: "RunStart")
            /// When the run ended.
            public static let runEnd = Field(rawValue: "RunEnd")
            /// The pipeline's name.
            public static let pipelineName = Field(rawValue: "PipelineName")
            /// Where the run stands.
            public static let status = Field(rawValue: "Status")
        }

        /// A direction.
        public enum Direction: String, Sendable, Hashable {
            /// Small before large, old before new.
            case ascending = "ASC"
            /// Large before small, new before old.
            case descending = "DESC"
        }

        /// The field.
        public var field: Field

        /// The direction.
        public var direction: Direction

        /// Makes an order.
        public init(_ field: Field, _ direction: Direction) {
            self.field = field
            self.direction = direction
        }
    }
}
