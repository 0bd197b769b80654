import Foundation
import RabbitMQ
import TestSupport
import Testing

/// A factory that gives runs ids of its own, and shows them some time after they were started.
@Suite("Runs found by their marker", .timeLimit(.minutes(10)))
struct MarkerTests {
    private static let request = #"{"target":"nightly-load"}"#
    private static let cutOff = """
        [{"route":"createRun","pipeline":"ingest-orders","fault":"gateway-timeout-after-commit","times":1}]
        """

    private static func stage(_ name: String, lag: Int, set: [String: String] = [:]) async throws -> Stage {
        try await Stage(
            name,
            set: [
                "ADF_TRIGGER_AZURE_RUN_IDENTITY": "marker", "ADF_TRIGGER_AZURE_MARKER_PARAMETER": "requestId",
                "ADF_TRIGGER_AZURE_MARKER_SETTLE_SECONDS": "1",
            ].merging(set) { $1 },
            scenario: #""parameterCheck":"lenient","runIds":"server","queryLagSeconds":\#(lag)"#
        )
    }

    /// That the request was answered so, and has one run.
    private func expectOutcomeUnknown(_ stage: Stage, runs: Int = 1) async throws {
        let answer = try Answer(try #require(try await stage.take(1, from: "replies").first))
        let copy = try #require(try await stage.take(1, from: "errors").first)
        #expect(answer.errorClass == "outcome-unknown")
        #expect(copy.message.properties.headers?["error-class"]?.text == "outcome-unknown")
        #expect(try await stage.runs().count == runs)
    }

    @Test("a call without an answer whose run is shown late is answered with that run")
    func shownLate() async throws {
        let stage = try await Self.stage("marker-late", lag: 6, set: ["ADF_TRIGGER_AZURE_MARKER_SETTLE_SECONDS": "60"])
        try await stage.setFaults(Self.cutOff)
        let worker = try await stage.startWorker()

        try await stage.publish(Self.request, id: "late")

        let answer = try Answer(try #require(try await stage.take(1, from: "replies").first))
        #expect(answer.status == "started")
        #expect(try await stage.runs().map(\.runId) == [answer.runID])
        try await worker.stop()
        try await stage.end()
    }

    @Test("one whose run is not shown within the settle time is answered outcome-unknown, and not started again")
    func notShown() async throws {
        let stage = try await Self.stage("marker-lag", lag: 600)
        try await stage.setFaults(Self.cutOff)
        let worker = try await stage.startWorker()

        try await stage.publish(Self.request, id: "lag")

        try await expectOutcomeUnknown(stage)
        try await worker.stop()
        try await stage.end()
    }

    #if CrashPoints
        @Test("the same where the worker that called is killed before it has the answer")
        func notShownAfterCrash() async throws {
            let stage = try await Self.stage("marker-crash", lag: 600)
            try await killAfterCall(stage)

            let worker = try await stage.startWorker()

            try await expectOutcomeUnknown(stage)
            try await worker.stop()
            try await stage.end()
        }

        @Test("one whose run lies behind more runs than may be read is answered outcome-unknown, not started again")
        func beyondPageLimit() async throws {
            let stage = try await Self.stage("marker-pages", lag: 0, set: ["ADF_TRIGGER_AZURE_MARKER_PAGE_LIMIT": "1"])
            try await killAfterCall(stage)
            try await start(120, stage)

            let worker = try await stage.startWorker()

            try await expectOutcomeUnknown(stage, runs: 121)
            try await worker.stop()
            try await stage.end()
        }

        /// Publishes a request, and kills its worker when createRun has started its run.
        private func killAfterCall(_ stage: Stage) async throws {
            let worker = try await stage.startWorker(set: ["ADF_TRIGGER_CRASH_AT": "7"])
            try await stage.publish(Self.request, id: "crash")
            #expect(try await worker.waitForExit().code == -SIGKILL)
            #expect(try await stage.runs().count == 1)
        }

        /// Starts further runs of the pipeline, by a worker with another queue.
        private func start(_ count: Int, _ stage: Stage) async throws {
            let queue = "\(stage.prefix).others"
            let worker = try await stage.startWorker(
                set: [
                    "ADF_TRIGGER_QUEUES_REQUESTS": queue, "ADF_TRIGGER_QUEUES_DELAY": "\(queue).delay",
                    "ADF_TRIGGER_TOPOLOGY_MODE": "declare",
                ]
            )
            for number in 0..<count {
                var message = Message(body: Array(Self.request.utf8))
                message.properties.messageID = "other-\(number)"
                _ = try await stage.channel.publish(message, routingKey: queue, isMandatory: true)
            }
            let answers = try await stage.take(count, from: "replies").map { try Answer($0) }
            #expect(answers.allSatisfy { $0.status == "started" })
            try await worker.stop()
            try await stage.channel.deleteQueue(queue)
            try await stage.channel.deleteQueue("\(queue).delay.5")
        }
    #endif
}
