/// What can be set about the worker itself.
package struct WorkerSettings: Sendable {
    /// How many requests are worked on at once.
    package var concurrency: Int
    /// How long one request may be held for retries and for its turn. It must lie far below the broker's time-out
    /// for acknowledgements, 30 min by default.
    package var holdTime: Duration
    /// The longest any request is held, where it was put back for want of a turn again and again. A full prefetch is held
    /// so long several times over, one after the other, and all of it must lie below that time-out too.
    package var longestHold = Duration.seconds(900)
    /// The largest body accepted, in bytes.
    package var bodyLimit: Int
    /// Which requests are looked up before createRun is called for them.
    package var duplicateCheck = DuplicateCheck.always
    /// How long a createRun call can still have an effect after it was sent. It must be longer than one call may take.
    package var window = Duration.seconds(75)
    /// For how long after its start a run answers for repeated requests.
    package var identityWindow = Duration.seconds(24 * 3600)
    /// How long a target may be out of reach before its requests are answered with that.
    package var targetPauseLimit = Duration.seconds(24 * 3600)
    /// How long after a call Data Factory may need to show the run it started, where runs are found by a marker.
    package var settleTime = Duration.seconds(900)
    /// The delays a request climbs through, one for each failure of its own.
    package var ladder: [Duration] = [.seconds(5), .seconds(30), .seconds(120), .seconds(600)]

    /// The defaults of the contract: 32 at once, 60 s, 256 KiB.
    package init(concurrency: Int = 32, holdTime: Duration = .seconds(60), bodyLimit: Int = 256 << 10) {
        self.concurrency = concurrency
        self.holdTime = holdTime
        self.bodyLimit = bodyLimit
    }
}
