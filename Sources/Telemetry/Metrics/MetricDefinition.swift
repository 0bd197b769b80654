/// What a metric is called and what it says; the registry keeps those that are defined, and no others.
public struct MetricDefinition: Sendable, Hashable {
    /// What kind of number it is.
    public enum Kind: Sendable, Hashable {
        /// Only grows, until the process ends.
        case counter
        /// Goes up and down.
        case gauge
        /// Counts values by size. The upper bounds must rise; the last one, infinity, is added.
        case histogram(upperBounds: [Double])
    }

    /// The name, with the unit at its end and, for counters, `_total`.
    public let name: String
    /// One sentence for whoever reads the page.
    public let help: String
    /// What kind of number it is.
    public let kind: Kind
    /// The names of its labels, in the order they are written.
    public let labels: [String]

    /// Describes a metric.
    ///
    /// - Precondition: The names are ones Prometheus takes, and `le` is not among a histogram's labels.
    public init(_ name: String, _ kind: Kind, labels: [String] = [], help: String) {
        precondition(Self.isName(name, colons: true), "\(name) can't be the name of a metric")
        for label in labels {
            precondition(Self.isName(label, colons: false) && !label.hasPrefix("__"), "\(label) can't be a label")
        }
        if case .histogram(let bounds) = kind {
            precondition(!labels.contains("le"), "\(name) has the label le of its own")
            precondition(zip(bounds, bounds.dropFirst()).allSatisfy(<), "the bounds of \(name) do not rise")
        }
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
    }

    private static func isName(_ text: String, colons: Bool) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            case UInt8(ascii: ":"): colons
            default: false
            }
        }
    }
}
