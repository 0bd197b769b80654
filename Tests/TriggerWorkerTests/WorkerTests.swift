import NIOConcurrencyHelpers
import Testing

@testable import TriggerWorker

@Suite("Working on a queue", .timeLimit(.minutes(5)))
struct WorkerTests {
    private static func deliveries(_ ids: [String], _ log: EventLog) -> [RecordingDelivery] {
        ids.map { RecordingDelivery(message: .sample(messageID: $0), log: log) }
    }

    @Test("every request is worked on to its end")
    func all() async throws {
        let log = EventLog()
        let worker = Worker.sample(
            starter: ScriptedStarter(afterwards: ScriptedStarter.starts),
            replies: RecordingSender(log)
        )
        let ids = (0..<50).map { "order-\($0)" }

        try await worker.run(Deliveries(items: Self.deliveries(ids, log)))

        #expect(Set(log.acknowledged) == Set(ids))
        #expect(log.acknowledged.count == ids.count)
    }

    @Test("a queue that ends at once is no failure")
    func empty() async throws {
        let log = EventLog()

        try await Worker.sample(starter: ScriptedStarter(), replies: RecordingSender(log)).run(Deliveries(items: []))

        #expect(log.events == [])
    }

    @Test("so many are worked on at once as is set, and no more are taken", arguments: [1, 3])
    func concurrency(limit: Int) async throws {
        let log = EventLog()
        let full = Signal()
        let asked = NIOLockedValueBox(0)
        // Nobody gets an answer before `limit` are asked for: fewer at once would stop here for ever.
        let starter = ScriptedStarter(afterwards: { call in
            let count = asked.withLockedValue { count in
                count += 1
                return count
            }
            if count == limit { full.fire() }
            await full.wait()
            return .success(call.runID)
        })
        let mostInWork = NIOLockedValueBox(0)
        let queue = Deliveries(
            items: Self.deliveries((0..<12).map { "order-\($0)" }, log),
            onTake: { taken in
                let inWork = taken + 1 - log.acknowledged.count
                mostInWork.withLockedValue { $0 = max($0, inWork) }
            }
        )

        try await Worker.sample(concurrency: limit, starter: starter, replies: RecordingSender(log)).run(queue)

        #expect(mostInWork.withLockedValue { $0 } == limit)
        #expect(log.acknowledged.count == 12)
    }

    @Test("nobody waits for ever, in whatever order the executor runs what it has", arguments: 0..<20)
    func anyOrder(round: Int) async throws {
        for seed in 0..<100 {
            let log = EventLog()
            let worker = Worker.sample(
                concurrency: 3,
                starter: ScriptedStarter(afterwards: { call in
                    await Task.yield()
                    return .success(call.runID)
                }),
                replies: RecordingSender(log)
            )
            let queue = Deliveries(
                items: Self.deliveries((0..<6).map { "order-\($0)" }, log),
                onEnd: { await Task.yield() }
            )

            try await worker.run(queue, on: ShufflingExecutor(seed: UInt64(100 * round + seed)))

            #expect(log.acknowledged.count == 6)
        }
    }

    @Test("a slow request holds up nobody but itself")
    func slowRequest() async throws {
        let log = EventLog()
        let othersDone = Signal()
        let slowID = RunIdentity.runID(for: RequestIdentity("slow"), target: .sample())
        let starter = ScriptedStarter(afterwards: { call in
            if call.runID == slowID { await othersDone.wait() }
            return .success(call.runID)
        })
        var items = Self.deliveries(["slow"] + (0..<10).map { "order-\($0)" }, log)
        items[10].onAcknowledge = { othersDone.fire() }

        try await Worker.sample(concurrency: 2, starter: starter, replies: RecordingSender(log))
            .run(Deliveries(items: items))

        #expect(log.acknowledged.count == 11)
        #expect(log.acknowledged.last == "slow")
    }

    @Test("when the queue fails, what is in work is cut short, and has let go before the failure is told")
    func queueFails() async throws {
        let log = EventLog()
        let letGo = NIOLockedValueBox(0)
        let begun = NIOLockedValueBox(0)
        let allBegun = Signal()
        let starter = ScriptedStarter(afterwards: { _ in
            if begun.withLockedValue({
                $0 += 1; return $0 == 3
            }) {
                allBegun.fire()
            }
            await Signal.waitForCancellation()
            letGo.withLockedValue { $0 += 1 }
            return .failure(StartFailure(.ambiguous, code: "Cancelled", message: "cut short"))
        })
        var queue = Deliveries(items: Self.deliveries(["a", "b", "c"], log), failure: QueueLost())
        queue.onEnd = { await allBegun.wait() }

        await #expect(throws: QueueLost()) {
            try await Worker.sample(starter: starter, replies: RecordingSender(log)).run(queue)
        }

        #expect(letGo.withLockedValue { $0 } == 3)
        #expect(log.events == [])
    }

    @Test("when the queue ends, what is in work is finished")
    func queueEnds() async throws {
        let log = EventLog()
        let ended = Signal()
        let starter = ScriptedStarter(afterwards: { call in
            await ended.wait()
            return .success(call.runID)
        })

        try await Worker.sample(starter: starter, replies: RecordingSender(log))
            .run(Deliveries(items: Self.deliveries(["a", "b"], log), onEnd: { ended.fire() }))

        #expect(Set(log.acknowledged) == ["a", "b"])
    }

    @Test("a worker that stops with its hands full gives back what it had not begun, and does not wait for a free one")
    func stopsWithFullHands() async throws {
        let log = EventLog()
        let stop = StopRequest()
        let othersBack = Signal()
        let starter = ScriptedStarter({ call in
            stop.set()
            await othersBack.wait()
            return .success(call.runID)
        })
        var items = Self.deliveries(["slow", "b", "c"], log)
        let left = NIOLockedValueBox(2)
        for index in [1, 2] {
            items[index].onAcknowledge = {
                let isLast = left.withLockedValue {
                    $0 -= 1
                    return $0 == 0
                }
                if isLast { othersBack.fire() }
            }
        }

        try await Worker.sample(concurrency: 1, stop: stop, starter: starter, replies: RecordingSender(log))
            .run(Deliveries(items: items))

        #expect(log.acknowledged.last == "slow")
        #expect(log.postponements.map(\.reason) == [.stopping, .stopping])
    }

    @Test("one request that is left or refused does not end the others")
    func oneOfMany() async throws {
        let log = EventLog()
        var items = Self.deliveries(["a", "b", "c"], log)
        items[0].acknowledgeFailure = RequestLeft("gone")
        items[1].message = .sample("nonsense", messageID: "b")

        try await Worker.sample(
            concurrency: 1,
            starter: ScriptedStarter(afterwards: ScriptedStarter.starts),
            replies: RecordingSender(log)
        ).run(Deliveries(items: items))

        #expect(
            log.events == [
                .replied("a", .started), .parked("b", .malformed), .replied("b", .refused), .acknowledged("b"),
                .replied("c", .started), .acknowledged("c"),
            ]
        )
    }

    @Test("a worker cut short answers nothing and returns")
    func cancelled() async throws {
        let log = EventLog()
        let asked = Signal()
        let starter = ScriptedStarter(afterwards: { _ in
            asked.fire()
            await Signal.waitForCancellation()
            return .failure(StartFailure(.ambiguous, code: "Cancelled", message: "cut short"))
        })
        let worker = Worker.sample(starter: starter, replies: RecordingSender(log))

        let task = Task { try await worker.run(Deliveries(items: Self.deliveries(["a"], log))) }
        await asked.wait()
        task.cancel()

        try await task.value
        #expect(log.events == [])
    }

    @Test("the defaults are the contract's")
    func defaults() {
        let settings = WorkerSettings()

        #expect(settings.concurrency == 32)
        #expect(settings.holdTime == .seconds(60))
    }
}
