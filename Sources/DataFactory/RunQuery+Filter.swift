extension RunQuery {
    /// One condition.
    public struct Filter: Sendable, Hashable {
        /// What is compared. There is none for a run's id and none for its parameters; the id's stand-in is the run
        /// group, whose id is that of its first run.
        public struct Operand: RawRepresentable, Sendable, Hashable {
            /// The word on the wire.
            public let rawValue: String

            /// Any word.
            public init(rawValue: String) { self.rawValue = rawValue }

            /// The pipeline's name.
            public static let pipelineName = Operand(rawValue: "PipelineName")
            /// Where the run stands.
            public static let status = Operand(rawValue: "Status")
            /// When the run began.
            public static let runStart = Operand(rawValue: "RunStart")
            /// When the run ended.
            public static let runEnd = Operand(rawValue: "RunEnd")
            /// The group a run and its recoveries belong to. It takes one value alone.
            public static let runGroupID = Operand(rawValue: "RunGroupId")
            /// Whether older runs of a group are left out. It takes a flag.
            public static let latestOnly = Operand(rawValue: "LatestOnly")
            /// The name of the trigger that started the run.
            public static let triggerName = Operand(rawValue: "TriggerName")
        }

        /// How it is compared.
        public struct Comparison: RawRepresentable, Sendable, Hashable {
            /// The word on the wire.
            public let rawValue: String

            /// Any word.
            public init(rawValue: String) { self.rawValue = rawValue }

            /// It is the value.
            public static let equals = Comparison(rawValue: "Equals")
            /// It is not the value.
            public static let notEquals = Comparison(rawValue: "NotEquals")
            /// It is one of the values.
            public static let isIn = Comparison(rawValue: "In")
            /// It is none of the values.
            public static let isNotIn = Comparison(rawValue: "NotIn")
        }

        /// What it is compared with.
        public enum Value: Sendable, Hashable {
            /// A name, a word or an RFC 3339 time.
            case text(String)
            /// Yes or no.
            case flag(Bool)
        }

        /// What is compared.
        public var operand: Operand

        /// How it is compared.
        public var comparison: Comparison

        /// What it is compared with.
        public var values: [Value]

        /// Makes a condition.
        public init(_ operand: Operand, _ comparison: Comparison, _ values: [Value]) {
            self.operand = operand
            self.comparison = comparison
            self.values = values
        }

        /// Runs of one pipeline.
        public static func pipeline(_ name: String) -> Filter { Filter(.pipelineName, .equals, [.text(name)]) }

        /// Runs that stand at one of these.
        public static func status(in statuses: [PipelineRun.Status]) -> Filter {
            Filter(.status, .isIn, statuses.map { .text($0.rawValue) })
        }

        /// A run and its recoveries.
        public static func runGroup(_ id: String) -> Filter { Filter(.runGroupID, .equals, [.text(id)]) }

        /// Of a run and its recoveries, the latest alone.
        public static let latestOnly = Filter(.latestOnly, .equals, [.flag(true)])
    }
}
