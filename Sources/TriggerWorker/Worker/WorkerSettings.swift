/// What can be set about the worker itself.
package struct WorkerSettings: Sendable {
    /// How many requests are worked on at once.
    package var concurrency: Int
    /// How long one request may be held for retries and for its turn. It must lie far below the broker's time-out
    /// for acknowledgements, 30 min by default.
    package var holdTime: Duration
    /// The largest body accepted, in bytes.
    package var bodyLimit: Int

    /// The defaults of the contract: 32 at once, 60 s, 256 KiB.
    package init(concurrency: Int = 32, holdTime: Duration = .seconds(60), bodyLimit: Int = 256 << 10) {
        self.concurrency = concurrency
        self.holdTime = holdTime
        self.bodyLimit = bodyLimit
    }
}
