/// Writes Prometheus' text format, version 0.0.4.
struct PrometheusText {
    private(set) var bytes: [UInt8] = []

    init() {
        bytes.reserveCapacity(16 << 10)
    }

    /// The two lines before a metric's samples.
    mutating func begin(_ definition: MetricDefinition) {
        let type =
            switch definition.kind {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        bytes += "# HELP \(definition.name) ".utf8
        escape(definition.help, quotes: false)
        bytes += "\n# TYPE \(definition.name) \(type)\n".utf8
    }

    mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Double) {
        bytes += name.utf8
        if !labels.isEmpty {
            for (index, (label, text)) in labels.enumerated() {
                bytes += "\(index == 0 ? "{" : ",")\(label)=\"".utf8
                escape(text, quotes: true)
                bytes.append(UInt8(ascii: "\""))
            }
            bytes.append(UInt8(ascii: "}"))
        }
        bytes += " \(Self.number(value))\n".utf8
    }

    /// Each bucket holds those below it too.
    mutating func histogram(_ name: String, _ labels: [(String, String)], _ histogram: HistogramSeries.Snapshot) {
        var count = 0
        for (bound, inBucket) in zip(histogram.upperBounds + [.infinity], histogram.counts) {
            count += inBucket
            sample("\(name)_bucket", labels + [("le", Self.number(bound))], Double(count))
        }
        sample("\(name)_sum", labels, histogram.sum)
        sample("\(name)_count", labels, Double(count))
    }

    private mutating func escape(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes += #"\\"#.utf8
            case UInt8(ascii: "\n"): bytes += #"\n"#.utf8
            case UInt8(ascii: "\"") where quotes: bytes += #"\""#.utf8
            default: bytes.append(byte)
            }
        }
    }

    /// As Go reads it.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        // Beyond 2^53 there are gaps between the whole numbers a Double can hold.
        if abs(value) < 9_007_199_254_740_992, let whole = Int64(exactly: value) { return "\(whole)" }
        return "\(value)"
    }
}
