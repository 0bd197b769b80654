internal import DataFactory
internal import TriggerWorker

/// Starts one run, and asks until it is known what came of it or the time is over.
///
/// Every attempt asks for the same run id, and none is made while an earlier one may still have an effect: after an
/// unclear answer the run is looked for until the earlier request can't be under way any more.
struct RunStart: Sendable {
    let client: DataFactoryClient
    let pipeline: PipelineReference
    let parameters: [UInt8]
    let options: RunOptions
    /// The run id that is asked for.
    let runID: String
    /// Whether an earlier command may have asked for the same id: its run is looked for first.
    let isRepeated: Bool
    /// How long after it was sent a createRun may still start its run.
    let window: Duration
    let deadline: ContinuousClock.Instant
    /// Told what is being done, for a person who waits.
    let report: @Sendable (String) -> Void

    /// A run that is there.
    struct Started: Sendable {
        var runID: String
        /// Whether it was found and not started by the answered request.
        var isAdopted: Bool
        var attempts: Int
        var azureRequestID: String?
        var at = ContinuousClock.now
    }

    /// - Throws: ``CommandFailure``; only with class `outcomeUnknown` may there be a run.
    func callAsFunction() async throws(CommandFailure) -> Started {
        if isRepeated, let run = try await earlierRun() { return try adopted(run, attempts: 0) }
        var backoff = Backoff(first: .milliseconds(500), longest: .seconds(15))
        var attempts = 0
        var last: CommandFailure?
        while true {
            attempts += 1
            let sentAt = ContinuousClock.now
            do throws(DataFactoryError) {
                report("asking for a run")
                let created = try await client.createRun(
                    pipeline,
                    parameters: parameters,
                    options: options,
                    clientRequestID: runID
                )
                return Started(
                    runID: created.runID,
                    isAdopted: false,
                    attempts: attempts,
                    azureRequestID: created.azureRequestID
                )
            } catch {
                if error.disposition == .ambiguous {
                    if let run = try await settle(error, sentAt: sentAt, attempts: attempts) {
                        return try adopted(run, attempts: attempts)
                    }
                    // A success whose id can't be read is no doubt about the run: it is there under another id.
                    if error.isSuccess { throw unknown(error, attempts) }
                    last = failure(error, attempts)
                    continue
                }
                if Task.isCancelled { throw last ?? failure(.cutShort, attempts) }
                let failed = failure(error, attempts)
                last = failed
                guard error.isPassing else { throw failed }
                let pause = max(error.retryAfter ?? .zero, backoff.next())
                report("\(error.code), trying again in \(pause.components.seconds + 1) s")
                guard await rest(pause, until: deadline) else { throw failed }
            }
        }
    }

    /// The run that an earlier command with the same id may have started. Where it can't be asked for, that is unknown.
    private func earlierRun() async throws(CommandFailure) -> PipelineRun? {
        do throws(CommandFailure) {
            return try await answer(until: deadline, lookUp)
        } catch {
            var unknown = error
            unknown.errorClass = .outcomeUnknown
            throw unknown
        }
    }

    // MARK: - After an unclear answer

    /// Looks for the run until it is there, or is absent at a time when the request can't start it any more.
    private func settle(
        _ error: DataFactoryError,
        sentAt: ContinuousClock.Instant,
        attempts: Int
    ) async throws(CommandFailure) -> PipelineRun? {
        report("\(error.code), looking whether there is a run")
        let unknown = self.unknown(error, attempts)
        let windowEnd = sentAt + window
        // Not longer: a run that appears is told of soon, and one read every 5 s is nothing to ARM's 25 a second.
        var backoff = Backoff(first: .milliseconds(500), longest: .seconds(5))
        while true {
            let askedAt = ContinuousClock.now
            var pause = backoff.next()
            do throws(DataFactoryError) {
                if let run = try await lookUp() { return run }
                if askedAt >= windowEnd { return nil }
                // The one look that decides is due at the window's end.
                pause = min(pause, max(windowEnd - .now, .zero))
            } catch {
                guard !Task.isCancelled, error.isPassing else { throw unknown }
                pause = max(pause, error.retryAfter ?? .zero)
            }
            guard await rest(pause, until: deadline) else { throw unknown }
        }
    }

    private func lookUp() async throws(DataFactoryError) -> PipelineRun? {
        try await client.run(runID, in: pipeline.factoryReference)
    }

    private func adopted(_ run: PipelineRun, attempts: Int) throws(CommandFailure) -> Started {
        if let name = run.pipelineName, name.lowercased() != pipeline.pipeline.lowercased() {
            throw CommandFailure(
                .rejected,
                code: "RunIDInUse",
                message: "run \(runID) is one of the pipeline \(name)",
                advice: "a run id stands for one run; leave out --run-id for a new one"
            )
        }
        return Started(runID: run.runID, isAdopted: true, attempts: attempts)
    }

    // MARK: - Failures

    private func failure(_ error: DataFactoryError, _ attempts: Int) -> CommandFailure {
        var failed = failure(CommandFailure(error), attempts)
        if error.status == 404, error.disposition == .permanent { failed.advice = "check the pipeline's name" }
        if error.disposition == .throttled, let wait = error.retryAfter {
            failed.advice = "repeat the command in \(wait.components.seconds) s, or give it a longer --timeout"
        }
        return failed
    }

    private func failure(_ failed: CommandFailure, _ attempts: Int) -> CommandFailure {
        var failed = failed
        failed.attempts = attempts
        return failed
    }

    private func unknown(_ error: DataFactoryError, _ attempts: Int) -> CommandFailure {
        var failed = failure(error, attempts)
        failed.errorClass = .outcomeUnknown
        failed.advice = nil
        return failed
    }
}

extension DataFactoryError {
    /// Whether the service said that it did what it was asked.
    fileprivate var isSuccess: Bool { status.map { (200..<300).contains($0) } ?? false }
}

extension RunStart {
    /// The same as a value, for task groups.
    var result: Result<Started, CommandFailure> {
        get async {
            do throws(CommandFailure) { return .success(try await self()) } catch { return .failure(error) }
        }
    }
}
