import CoreMetrics
import Testing

@testable import Telemetry

@Suite("Metrics for Prometheus")
struct PrometheusRegistryTests {
    static let orders = MetricDefinition("orders_total", .counter, labels: ["kind", "size"], help: "Orders.")
    static let depth = MetricDefinition("queue_depth", .gauge, help: "Depth.")
    static let wait = MetricDefinition(
        "wait_seconds",
        .histogram(upperBounds: [0.1, 1, 2.5]),
        labels: ["kind"],
        help: "Wait."
    )

    static func registry(_ definitions: MetricDefinition...) -> PrometheusRegistry {
        PrometheusRegistry(definitions.isEmpty ? [orders, depth, wait] : definitions)
    }

    static func page(_ registry: PrometheusRegistry) -> String {
        String(decoding: registry.page(), as: UTF8.self)
    }

    @Test("the page is Prometheus' text format, in an order that does not change")
    func golden() {
        let registry = Self.registry()
        // In no order, and with the labels in another one than defined.
        Timer(label: "wait_seconds", dimensions: [("kind", "b")], factory: registry).recordNanoseconds(2_000_000_000)
        Meter(label: "queue_depth", factory: registry).set(7)
        Counter(label: "orders_total", dimensions: [("size", "s"), ("kind", "b")], factory: registry).increment(by: 3)
        Counter(label: "orders_total", dimensions: [("kind", "a"), ("size", "l")], factory: registry).increment()
        let waits = Timer(label: "wait_seconds", dimensions: [("kind", "a")], factory: registry)
        for milliseconds in [100, 500, 1_000, 60_000] { waits.recordMilliseconds(milliseconds) }

        #expect(
            Self.page(registry) == """
                # HELP orders_total Orders.
                # TYPE orders_total counter
                orders_total{kind="a",size="l"} 1
                orders_total{kind="b",size="s"} 3
                # HELP queue_depth Depth.
                # TYPE queue_depth gauge
                queue_depth 7
                # HELP wait_seconds Wait.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{kind="a",le="0.1"} 1
                wait_seconds_bucket{kind="a",le="1"} 3
                wait_seconds_bucket{kind="a",le="2.5"} 3
                wait_seconds_bucket{kind="a",le="+Inf"} 4
                wait_seconds_sum{kind="a"} 61.6
                wait_seconds_count{kind="a"} 4
                wait_seconds_bucket{kind="b",le="0.1"} 0
                wait_seconds_bucket{kind="b",le="1"} 0
                wait_seconds_bucket{kind="b",le="2.5"} 1
                wait_seconds_bucket{kind="b",le="+Inf"} 1
                wait_seconds_sum{kind="b"} 2
                wait_seconds_count{kind="b"} 1

                """
        )
    }

    @Test("backslashes and line feeds are escaped, and quotes in labels")
    func escaping() {
        let registry = Self.registry(
            MetricDefinition("odd_total", .counter, labels: ["text"], help: "A \"back\\slash\"\nand more.")
        )
        Counter(label: "odd_total", dimensions: [("text", "a\\b\"c\nd ü")], factory: registry).increment()

        #expect(
            Self.page(registry) == """
                # HELP odd_total A "back\\\\slash"\\nand more.
                # TYPE odd_total counter
                odd_total{text="a\\\\b\\"c\\nd ü"} 1

                """
        )
    }

    @Test(
        "numbers are written as Prometheus reads them",
        arguments: [
            (0, "0"), (-3, "-3"), (0.25, "0.25"), (1e-7, "1e-07"), (9_007_199_254_740_991, "9007199254740991"),
            (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
        ] as [(Double, String)]
    )
    func numbers(value: Double, text: String) {
        let registry = Self.registry()
        Gauge(label: "queue_depth", factory: registry).record(value)

        #expect(Self.page(registry).split(separator: "\n").last == "queue_depth \(text)")
    }

    @Test("two who make the same metric count in one")
    func shared() {
        let registry = Self.registry()
        for _ in 0..<2 {
            Counter(label: "orders_total", dimensions: [("kind", "a"), ("size", "s")], factory: registry).increment()
        }

        #expect(Self.page(registry).contains("orders_total{kind=\"a\",size=\"s\"} 2\n"))
    }

    @Test("a counter never gets smaller, and a value that is no number leaves a histogram alone")
    func nonsense() {
        let registry = Self.registry()
        let counter = FloatingPointCounter(
            label: "orders_total",
            dimensions: [("kind", "a"), ("size", "s")],
            factory: registry
        )
        counter.increment(by: 1.5)
        counter.increment(by: -1)
        counter.increment(by: Double.nan)
        let recorder = Recorder(label: "wait_seconds", dimensions: [("kind", "a")], factory: registry)
        recorder.record(Double.nan)
        recorder.record(0.5)

        let page = Self.page(registry)
        #expect(page.contains("orders_total{kind=\"a\",size=\"s\"} 1.5\n"))
        #expect(page.contains("wait_seconds_sum{kind=\"a\"} 0.5\nwait_seconds_count{kind=\"a\"} 1\n"))
    }

    @Test("a gauge goes up and down")
    func gauge() {
        let registry = Self.registry()
        let meter = Meter(label: "queue_depth", factory: registry)
        meter.increment(by: 3)
        meter.decrement()

        #expect(Self.page(registry).hasSuffix("queue_depth 2\n"))
    }

    @Test("what nobody defined works and is not kept: another name, other labels, another kind")
    func undefined() {
        let registry = Self.registry()
        Counter(label: "surprise_total", factory: registry).increment()
        Counter(label: "orders_total", factory: registry).increment()
        Counter(label: "orders_total", dimensions: [("kind", "a"), ("colour", "red")], factory: registry).increment()
        Counter(label: "queue_depth", factory: registry).increment()
        Meter(label: "wait_seconds", dimensions: [("kind", "a")], factory: registry).set(1)
        Timer(label: "queue_depth", factory: registry).recordSeconds(1)

        #expect(Self.page(registry) == "")
    }

    @Test("label values from outside can't fill the memory")
    func bounded() {
        let registry = Self.registry(MetricDefinition("busy_total", .counter, labels: ["who"], help: "Who."))
        for number in 0..<10_000 {
            Counter(label: "busy_total", dimensions: [("who", "\(number)")], factory: registry).increment()
        }

        #expect(Self.page(registry).split(separator: "\n").count == 2 + PrometheusRegistry.seriesLimit)
    }

    @Test("a metric that is destroyed is gone")
    func destroyed() {
        let registry = Self.registry()
        let meter = Meter(label: "queue_depth", factory: registry)
        meter.set(1)
        meter.destroy()

        #expect(Self.page(registry) == "")
    }

    @Test("what is counted by many at once is not lost")
    func concurrent() async {
        let registry = Self.registry()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let counter = Counter(
                        label: "orders_total",
                        dimensions: [("kind", "a"), ("size", "s")],
                        factory: registry
                    )
                    for _ in 0..<1000 { counter.increment() }
                }
            }
        }

        #expect(Self.page(registry).contains("orders_total{kind=\"a\",size=\"s\"} 8000\n"))
    }
}
