import Testing

@testable import TriggerWorker

@Suite("The wait before trying again")
struct BackoffTests {
    @Test("each step doubles, up to the longest, and a wait lies between a tenth of its step and the step")
    func bounds() {
        for _ in 0..<100 {
            var backoff = Backoff(first: .seconds(1), longest: .seconds(20))

            for step in [1, 2, 4, 8, 16, 20, 20, 20] {
                let wait = backoff.next()
                #expect(wait >= .milliseconds(99 * step))
                #expect(wait <= .seconds(step))
            }
        }
    }

    @Test("waits differ, so that those who failed together do not come back together")
    func jitter() throws {
        var backoff = Backoff(first: .seconds(1), longest: .seconds(1))

        let waits = (0..<200).map { _ in backoff.next() }

        #expect(try #require(waits.min()) < .milliseconds(500))
        #expect(try #require(waits.max()) > .milliseconds(500))
    }

    @Test("a thousand failures wait no longer than the longest")
    func manyFailures() {
        var backoff = Backoff(first: .milliseconds(500), longest: .seconds(15))

        #expect((0..<1000).allSatisfy { _ in backoff.next() <= .seconds(15) })
    }

    @Test("after a success it begins anew")
    func reset() {
        var backoff = Backoff(first: .milliseconds(1), longest: .seconds(100))
        for _ in 0..<30 { _ = backoff.next() }

        backoff.reset()

        #expect(backoff.next() <= .milliseconds(1))
    }
}
