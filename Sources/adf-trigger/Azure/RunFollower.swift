internal import DataFactory

/// Looks at a run until it has ended.
struct RunFollower: Sendable {
    let client: DataFactoryClient
    let factory: FactoryReference
    let runID: String
    /// Between the first looks; it grows to six times that, since ARM gives all callers of one principal 25 reads a
    /// second.
    let firstPause: Duration
    /// Told of each sight of the run.
    let seen: @Sendable (PipelineRun) -> Void

    /// How long a run that was started may be missing: reads by id have been seen to know it within 2 s, and nothing
    /// is promised.
    private static let absenceLimit = Duration.seconds(60)

    /// Nothing that passes ends the wait: the run goes on whether we see it or not.
    ///
    /// - Returns: The run as it ended.
    /// - Throws: ``CommandFailure`` where Azure will not show the run, or the wait is cut short.
    func callAsFunction(since start: ContinuousClock.Instant) async throws(CommandFailure) -> PipelineRun {
        var lastSeen = start
        var pause = firstPause
        while true {
            var wait = pause
            do throws(DataFactoryError) {
                if let run = try await client.run(runID, in: factory) {
                    lastSeen = .now
                    seen(run)
                    if run.status?.isTerminal == true { return run }
                } else if .now - lastSeen > Self.absenceLimit {
                    break
                }
            } catch {
                if Task.isCancelled { throw .cutShort }
                guard error.isPassing else { throw unreadable(error) }
                wait = max(wait, error.retryAfter ?? .zero)
            }
            guard await rest(wait, until: nil) else { throw .cutShort }
            pause = min(pause * 3 / 2, firstPause * 6)
        }
        throw CommandFailure(
            .unavailable,
            code: "RunNotFound",
            message: "Data Factory accepted the run and has not known it for \(Self.absenceLimit.components.seconds) s"
        )
    }

    /// Nothing is wrong with the run, so this is no refusal of it.
    private func unreadable(_ error: DataFactoryError) -> CommandFailure {
        var failed = CommandFailure(error)
        if failed.errorClass == .rejected { failed.errorClass = .unavailable }
        return failed
    }
}

extension RunFollower {
    /// The same as a value, for task groups.
    func result(since start: ContinuousClock.Instant) async -> Result<PipelineRun, CommandFailure> {
        do throws(CommandFailure) { return .success(try await self(since: start)) } catch { return .failure(error) }
    }
}
