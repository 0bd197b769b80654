import Foundation
import RabbitMQ
import Telemetry
import Testing
import TriggerWorker

@testable import adf_trigger

/// The worker's metrics: what there is, and that it is told of.
@Suite("The metrics of a worker")
struct WorkerMetricTests {
    static func monitor() -> HealthMonitor {
        HealthMonitor(health: ServiceHealth(), requestQueue: "requests", stillnessLimit: .seconds(1000))
    }

    static func lines(_ monitor: HealthMonitor) -> [Substring] {
        String(decoding: monitor.metricsPage, as: UTF8.self).split(separator: "\n")
    }

    static let documents = ["README.md", "Sources/adf-trigger/Health/WorkerMetric.swift"]

    @Test("every metric is in the documentation with its labels", arguments: documents)
    func documented(document: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: document), encoding: .utf8)
        let rows = text.split(separator: "\n").filter { $0.contains("| `adf_trigger_") }

        #expect(rows.count == WorkerMetric.all.count)
        for metric in WorkerMetric.all {
            let labels = metric.labels.map { "`\($0)`" }.joined(separator: ", ")
            let row = "| `\(metric.name)` |" + (labels.isEmpty ? " |" : " \(labels) |")
            #expect(rows.contains { $0.contains(row) }, "\(row)")
        }
    }

    @Test("names follow Prometheus' custom: counters end in _total, times in _seconds")
    func names() {
        for metric in WorkerMetric.all {
            switch metric.kind {
            case .counter: #expect(metric.name.hasSuffix("_total"))
            case .histogram: #expect(metric.name.hasSuffix("_seconds"))
            case .gauge: #expect(!metric.name.hasSuffix("_total"))
            }
        }
        #expect(Set(WorkerMetric.all.map { $0.name }).count == WorkerMetric.all.count)
    }

    @Test("everything is there from the start, at 0")
    func zeroes() {
        let lines = Self.lines(Self.monitor())
        let samples = lines.filter { !$0.hasPrefix("#") }

        #expect(lines.count { $0.hasPrefix("# TYPE") } == WorkerMetric.all.count)
        for sample in samples where !sample.hasPrefix("adf_trigger_build_info") {
            #expect(sample.hasSuffix(" 0"), "\(sample)")
        }
        for errorClass in ErrorClass.allCases where errorClass != .replyUndeliverable {
            let outcome = errorClass.isRefusal ? "refused" : "failed"
            let series = "adf_trigger_requests_total{outcome=\"\(outcome)\",class=\"\(errorClass.rawValue)\"} 0"
            #expect(samples.contains(Substring(series)), "\(series)")
        }
        for outcome in Outcome.allCases where outcome != .refused && outcome != .failed {
            #expect(samples.contains("adf_trigger_requests_total{outcome=\"\(outcome.rawValue)\",class=\"none\"} 0"))
        }
        for reason in Postponement.Reason.allCases {
            #expect(samples.contains("adf_trigger_requests_postponed_total{reason=\"\(reason.rawValue)\"} 0"))
        }
    }

    @Test("the number of series is fixed by the program: nothing of it comes from outside")
    func bounded() {
        let monitor = Self.monitor()
        let before = Self.lines(monitor).count

        monitor.note(.connected(address: "somewhere"), on: .consume)
        monitor.note(.closed(RabbitMQError(.connectionLost, "gone \"away\"")), on: .consume)
        monitor.called(.createRun, .inDoubt, took: .milliseconds(1500))
        monitor.called(.lookUp, .absent, took: .seconds(4000))

        #expect(Self.lines(monitor).count == before)
        #expect(before < 400)
    }

    @Test("calls are counted by how they ended, and timed")
    func calls() {
        let monitor = Self.monitor()

        monitor.called(.createRun, .inDoubt, took: .milliseconds(1500))
        monitor.called(.lookUp, .absent, took: .milliseconds(20))

        let lines = Self.lines(monitor)
        #expect(lines.contains("adf_trigger_azure_calls_total{call=\"create-run\",result=\"in-doubt\"} 1"))
        #expect(lines.contains("adf_trigger_azure_calls_total{call=\"look-up\",result=\"absent\"} 1"))
        #expect(lines.contains("adf_trigger_azure_call_duration_seconds_bucket{call=\"create-run\",le=\"1\"} 0"))
        #expect(lines.contains("adf_trigger_azure_call_duration_seconds_bucket{call=\"create-run\",le=\"2.5\"} 1"))
        #expect(lines.contains("adf_trigger_azure_call_duration_seconds_sum{call=\"create-run\"} 1.5"))
    }

    @Test("what is the matter with the connections is on the page")
    func connections() {
        let monitor = Self.monitor()
        for link in [BrokerLink.consume, .publish] { monitor.note(.connected(address: "a"), on: link) }
        monitor.consumes(true)
        #expect(Self.lines(monitor).contains("adf_trigger_ready 1"))

        monitor.note(.closed(RabbitMQError(.connectionLost, "gone")), on: .publish)
        monitor.note(.connected(address: "a"), on: .publish)
        monitor.note(.blocked(reason: "memory"), on: .publish)

        let lines = Self.lines(monitor)
        #expect(lines.contains("adf_trigger_broker_connected{connection=\"publish\"} 1"))
        #expect(lines.contains("adf_trigger_broker_blocked{connection=\"publish\"} 1"))
        #expect(lines.contains("adf_trigger_broker_blocked{connection=\"consume\"} 0"))
        #expect(lines.contains("adf_trigger_broker_connection_losses_total{connection=\"publish\"} 1"))
        #expect(lines.contains("adf_trigger_broker_reconnects_total{connection=\"publish\"} 1"))
        #expect(lines.contains("adf_trigger_broker_reconnects_total{connection=\"consume\"} 0"))
    }

    @Test("a consumer the broker cancelled is none, but only that of the request queue")
    func cancelledConsumer() {
        let monitor = Self.monitor()
        for link in [BrokerLink.consume, .publish] { monitor.note(.connected(address: "a"), on: link) }
        monitor.consumes(true)

        monitor.note(.consumerCancelled(ConsumerDeclaration(queue: "dead", consumerTag: "t")), on: .consume)
        #expect(monitor.readiness.isWell)

        monitor.note(.consumerCancelled(ConsumerDeclaration(queue: "requests", consumerTag: "t")), on: .consume)
        #expect(!monitor.readiness.isWell)
    }

    @Test("a message that no queue takes is held until one does")
    func held() {
        let monitor = Self.monitor()

        monitor.isHolding(first: true)
        monitor.isHolding(first: false)
        #expect(Self.lines(monitor).contains("adf_trigger_messages_held 1"))

        monitor.holdsNoLonger()
        #expect(Self.lines(monitor).contains("adf_trigger_messages_held 0"))
    }
}
