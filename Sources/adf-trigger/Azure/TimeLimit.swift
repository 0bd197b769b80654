internal import DataFactory
internal import TriggerWorker
internal import UnixSignals

/// What ends a piece of work before its own end.
enum CutShort: Sendable {
    case deadline
    case signal(UnixSignal)
}

private enum Event<Value: Sendable> {
    case value(Value)
    /// Nil for a guard whose work was over before.
    case cut(CutShort?)
}

/// Does a piece of work, which is cancelled at a deadline or by SIGINT or SIGTERM.
///
/// - Parameter deadline: Nil is never.
/// - Returns: What the work made of it, and what cut it short, if anything did.
func cuttingShort<Value: Sendable>(
    at deadline: ContinuousClock.Instant?,
    _ work: @escaping @Sendable () async -> Value
) async -> (value: Value, cut: CutShort?) {
    // Before the work begins: a signal that comes earlier still ends the program as it always did.
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    return await withTaskGroup(of: Event<Value>.self) { group in
        group.addTask { .value(await work()) }
        group.addTask {
            for await signal in signals { return .cut(.signal(signal)) }
            return .cut(nil)
        }
        if let deadline {
            group.addTask {
                (try? await ContinuousClock().sleep(until: deadline)) == nil ? .cut(nil) : .cut(.deadline)
            }
        }
        var value: Value?
        var cut: CutShort?
        for await event in group {
            switch event {
            case .value(let result): value = result
            case .cut(let reason): if value == nil, cut == nil { cut = reason }
            }
            group.cancelAll()
        }
        guard let value else { preconditionFailure("the group's first task returns a value, and it has ended") }
        return (value, cut)
    }
}

/// Asks until there is an answer or a refusal. For what may be repeated at will: it starts nothing.
///
/// - Throws: ``CommandFailure``: what Azure refuses, or its last failure when the time is over.
func answer<Value: Sendable>(
    until deadline: ContinuousClock.Instant,
    _ ask: @Sendable () async throws(DataFactoryError) -> Value
) async throws(CommandFailure) -> Value {
    var backoff = Backoff(first: .milliseconds(500), longest: .seconds(15))
    var last: CommandFailure?
    while true {
        do throws(DataFactoryError) {
            return try await ask()
        } catch {
            if Task.isCancelled { throw last ?? .cutShort }
            let failure = CommandFailure(error)
            last = failure
            guard error.isPassing,
                await rest(max(error.retryAfter ?? .zero, backoff.next()), until: deadline)
            else { throw failure }
        }
    }
}

/// False where the wait would end behind the deadline, or was cut short.
func rest(_ duration: Duration, until deadline: ContinuousClock.Instant?) async -> Bool {
    if let deadline, .now + duration >= deadline { return false }
    return (try? await ContinuousClock().sleep(for: duration)) != nil
}
