import DataFactoryEmulator
import Testing

@Suite("Token buckets")
struct TokenBucketTests {
    private let start = Timestamp(secondsSince1970: 1_000)

    @Test("a full bucket grants its size at once and then refuses")
    func burst() {
        var bucket = TokenBucket(.init(bucket: 3, perSecond: 10), at: start)

        let outcomes = (0..<4).map { _ in bucket.take(at: start) }

        #expect(
            outcomes == [
                .granted(remaining: 2), .granted(remaining: 1), .granted(remaining: 0), .refused(retryAfterSeconds: 1),
            ]
        )
    }

    @Test("time brings tokens back, never more than the bucket holds")
    func refill() {
        var bucket = TokenBucket(.init(bucket: 3, perSecond: 2), at: start)
        for _ in 0..<3 { _ = bucket.take(at: start) }

        #expect(bucket.take(at: start + .milliseconds(499)) == .refused(retryAfterSeconds: 1))
        #expect(bucket.take(at: start + .milliseconds(500)) == .granted(remaining: 0))
        #expect(bucket.take(at: start + .seconds(3600)) == .granted(remaining: 2))
    }

    @Test("the wait it names is enough")
    func wait() {
        var bucket = TokenBucket(.init(bucket: 1, perSecond: 0.1), at: start)
        _ = bucket.take(at: start)

        #expect(bucket.take(at: start) == .refused(retryAfterSeconds: 10))
        #expect(bucket.take(at: start + .seconds(10)) == .granted(remaining: 0))
    }

    @Test("where a refusal begins the wait anew, an impatient client waits for as long as it is impatient")
    func renewedWait() {
        var bucket = TokenBucket(.init(bucket: 1, perSecond: 0.5, renewsWait: true), at: start)
        _ = bucket.take(at: start)

        #expect(bucket.take(at: start) == .refused(retryAfterSeconds: 2))
        #expect(bucket.take(at: start + .seconds(1)) == .refused(retryAfterSeconds: 1))
        #expect(bucket.take(at: start + .milliseconds(1999)) == .refused(retryAfterSeconds: 1))
        // There is a token by now, but the client did not wait for it.
        #expect(bucket.take(at: start + .milliseconds(2500)) == .refused(retryAfterSeconds: 1))
        #expect(bucket.take(at: start + .milliseconds(3500)) == .granted(remaining: 0))
    }

    @Test("a clock set back refills nothing and costs nothing")
    func clockSetBack() {
        var bucket = TokenBucket(.init(bucket: 2, perSecond: 1), at: start)
        _ = bucket.take(at: start)

        #expect(bucket.take(at: start + .seconds(-100)) == .granted(remaining: 0))
        #expect(bucket.take(at: start + .milliseconds(1)) == .refused(retryAfterSeconds: 1))
    }
}
