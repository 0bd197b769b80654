import Testing

@testable import TriggerWorker

/// Nothing may be lost whatever fails, so the broker hears of a request's end last.
@Suite("In which order a request ends", .timeLimit(.minutes(5)))
struct RequestLifeOrderTests {
    private static let left = RequestLeft("the connection is gone")

    @Test("a success is replied to, then acknowledged, and not parked")
    func success() async throws {
        let log = EventLog()
        let life = RequestLife.sample(starter: ScriptedStarter(ScriptedStarter.starts), replies: RecordingSender(log))

        let finished = try await life.run(RecordingDelivery(message: .sample(), log: log))

        #expect(log.events == [.replied("order-1", .started), .acknowledged("order-1")])
        #expect(finished.outcome == .started)
        #expect(finished.error == nil)
    }

    @Test("a failure is parked, then replied to, then acknowledged")
    func failure() async throws {
        let log = EventLog()
        let starter = ScriptedStarter(ScriptedStarter.fails(.refused, code: "NotFound"))
        let life = RequestLife.sample(starter: starter, replies: RecordingSender(log))

        let finished = try await life.run(RecordingDelivery(message: .sample(), log: log))

        #expect(
            log.events == [.parked("order-1", .rejected), .replied("order-1", .failed), .acknowledged("order-1")]
        )
        #expect(finished.outcome == .failed)
        #expect(finished.error?.code == "NotFound")
    }

    @Test("a request that can't be read goes the same way")
    func malformed() async throws {
        let log = EventLog()
        let life = RequestLife.sample(starter: ScriptedStarter(), replies: RecordingSender(log))

        _ = try await life.run(RecordingDelivery(message: .sample("{"), log: log))

        #expect(
            log.events == [.parked("order-1", .malformed), .replied("order-1", .refused), .acknowledged("order-1")]
        )
    }

    @Test("where the error copy can't be had, nothing is replied and nothing acknowledged")
    func parkFails() async throws {
        let log = EventLog()
        let life = RequestLife.sample(starter: ScriptedStarter(), replies: RecordingSender(log))
        let delivery = RecordingDelivery(message: .sample("{"), log: log, parkFailure: Self.left)

        let error = try await #require(throws: RequestLeft.self) { try await life.run(delivery) }

        #expect(error.description == "the connection is gone")
        #expect(log.events == [])
    }

    @Test("where the reply can't be had, nothing is acknowledged", arguments: [#"{"target":"nightly"}"#, "{"])
    func replyFails(body: String) async throws {
        let log = EventLog()
        let life = RequestLife.sample(
            starter: ScriptedStarter(afterwards: ScriptedStarter.starts),
            replies: RecordingSender(log, failure: Self.left)
        )

        await #expect(throws: RequestLeft.self) {
            try await life.run(RecordingDelivery(message: .sample(body), log: log))
        }

        #expect(log.events == (body == "{" ? [.parked("order-1", .malformed)] : []))
    }

    @Test("a request that became somebody else's before the acknowledgement is left")
    func acknowledgeFails() async throws {
        let log = EventLog()
        let life = RequestLife.sample(starter: ScriptedStarter(ScriptedStarter.starts), replies: RecordingSender(log))
        let delivery = RecordingDelivery(message: .sample(), log: log, acknowledgeFailure: Self.left)

        await #expect(throws: RequestLeft.self) { try await life.run(delivery) }

        #expect(log.events == [.replied("order-1", .started)])
    }

    @Test("a reply nobody takes is kept by the broker, and the request is done")
    func undeliverable() async throws {
        let log = EventLog()
        let replies = RecordingSender(log, receipt: .undeliverable(reason: "NO_ROUTE"))
        let life = RequestLife.sample(starter: ScriptedStarter(ScriptedStarter.starts), replies: replies)

        let finished = try await life.run(RecordingDelivery(message: .sample(), log: log))

        #expect(log.events == [.replied("order-1", .started), .acknowledged("order-1")])
        #expect(finished.receipt == .undeliverable(reason: "NO_ROUTE"))
    }

    @Test("the error copy says what failed, for whom, and what may run")
    func diagnosis() async throws {
        let log = EventLog()
        let life = RequestLife.sample(
            starter: ScriptedStarter(lookUps: [.failure(StartFailure(.refused, code: "BadRequest", message: "no"))]),
            replies: RecordingSender(log)
        )
        var history = RequestHistory()
        history.isRedelivered = true

        _ = try await life.run(
            RecordingDelivery(message: .sample(traceparent: "00-1-2-01", history: history), log: log)
        )

        let diagnosis = try #require(log.diagnoses.first)
        #expect(log.diagnoses.count == 1)
        #expect(diagnosis.error.errorClass == .outcomeUnknown)
        #expect(diagnosis.error.runID == "bb3dc96d-50c8-5244-94e1-41859c317abf")
        #expect(diagnosis.requestID == "order-1")
        #expect(diagnosis.target == Target.sample().resourceID)
        #expect(diagnosis.traceparent == "00-1-2-01")
    }

    @Test("the error copy's target is bounded, whatever a body names")
    func hugeTarget() async throws {
        let log = EventLog()
        let life = RequestLife.sample(starter: ScriptedStarter(), replies: RecordingSender(log))
        // As long as a name may be to be read at all.
        let name = String(repeating: "é", count: 520)
        let message = RequestMessage.sample(
            #"{"target":{"subscriptionId":"s","resourceGroup":"\#(name)","factory":"f","pipeline":"\#(name)"}}"#
        )

        _ = try await life.run(RecordingDelivery(message: message, log: log))

        #expect(try #require(log.diagnoses.first?.target).utf8.count <= 1024)
        #expect(try #require(log.diagnoses.first?.error.message).utf8.count <= RequestError.messageByteLimit)
    }

    // MARK: - Cut short

    @Test("a request cut short while Azure is asked is answered by nobody")
    func cancelledWhileAsking() async throws {
        let log = EventLog()
        let asked = Signal()
        let starter = ScriptedStarter({ _ in
            asked.fire()
            await Signal.waitForCancellation()
            return .failure(StartFailure(.ambiguous, code: "Cancelled", message: "cut short"))
        })
        let life = RequestLife.sample(starter: starter, replies: RecordingSender(log))

        let task = Task { try await life.run(RecordingDelivery(message: .sample(), log: log)) }
        await asked.wait()
        task.cancel()

        await #expect(throws: RequestLeft.self) { try await task.value }
        #expect(log.events == [])
    }

    @Test("a request cut short while it waits to ask again is answered by nobody")
    func cancelledWhileWaiting() async throws {
        let log = EventLog()
        let asked = Signal()
        let starter = ScriptedStarter({ _ in
            asked.fire()
            return .failure(StartFailure(.notStarted, code: "Busy", message: "busy", retryAfter: .seconds(1000)))
        })
        let life = RequestLife.sample(
            holdTime: .seconds(2000),
            starter: starter,
            replies: RecordingSender(log)
        )

        let task = Task { try await life.run(RecordingDelivery(message: .sample(), log: log)) }
        await asked.wait()
        task.cancel()

        await #expect(throws: RequestLeft.self) { try await task.value }
        #expect(log.events == [])
    }

    @Test("a run that was started is told of, even when the worker ends")
    func startedAndCancelled() async throws {
        let log = EventLog()
        let asked = Signal()
        let starter = ScriptedStarter({ call in
            asked.fire()
            await Signal.waitForCancellation()
            return .success(call.runID)
        })
        let life = RequestLife.sample(starter: starter, replies: RecordingSender(log))

        let task = Task { try await life.run(RecordingDelivery(message: .sample(), log: log)) }
        await asked.wait()
        task.cancel()

        #expect(try await task.value.outcome == .started)
        #expect(log.events == [.replied("order-1", .started), .acknowledged("order-1")])
    }
}
