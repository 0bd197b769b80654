package import Logging

/// Finds out when a paused intake may be opened again, by asking Azure for a run that does not exist.
package struct IntakeProbe: Sendable {
    private let starter: any RunStarter
    private let health: ServiceHealth
    private let stop: StopRequest
    private let logger: Logger

    /// Makes a probe.
    package init(starter: any RunStarter, health: ServiceHealth, stop: StopRequest, logger: Logger) {
        self.starter = starter
        self.health = health
        self.stop = stop
        self.logger = logger
    }

    /// Returns when the intake is open, or the worker is to stop: asks after growing pauses, 30 s at most.
    package func waitUntilOpen() async {
        guard let pause = health.pause else { return }
        logger.error(
            "intake paused: Azure can't be used; the requests wait",
            metadata: [LogKey.reason: "\(pause.message)", LogKey.pause: "\(pause.reason.rawValue)"]
        )
        let start = ContinuousClock.now
        var backoff = Backoff(first: .seconds(1), longest: .seconds(30))
        while !stop.isSet, !Task.isCancelled {
            let length = backoff.next()
            guard await stop.untilSet({ try await Task.sleep(for: length) }) != nil else { return }
            guard await isOver(pause) else { continue }
            logger.info(
                "intake resumed",
                metadata: [LogKey.pauseDuration: "\((ContinuousClock.now - start).milliseconds)"]
            )
            health.recovered()
            return
        }
    }

    /// Any answer but one about ourselves will do.
    private func isOver(_ pause: ServiceHealth.Pause) async -> Bool {
        do throws(StartFailure) {
            _ = try await starter.findRun("00000000-0000-0000-0000-000000000000", of: pause.target)
            return true
        } catch {
            logger.debug("Azure still can't be used", metadata: [LogKey.reason: "\(error.code): \(error.message)"])
            return error.meaning != .credential && !error.isUnanswered
        }
    }
}
