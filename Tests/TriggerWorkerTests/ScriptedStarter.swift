import NIOConcurrencyHelpers
import Testing

@testable import TriggerWorker

/// A Data Factory that answers from a script, one step per attempt, and keeps what it was asked.
final class ScriptedStarter: RunStarter {
    struct Call: Sendable {
        let target: Target
        let parameters: [UInt8]
        let options: StartOptions
        let runID: String
    }

    typealias Step = @Sendable (Call) async -> Result<String, StartFailure>

    private let state: NIOLockedValueBox<(steps: [Step], calls: [Call])>
    private let afterwards: Step?
    private let nameError: RequestError?
    private let lookUps: NIOLockedValueBox<(answers: [LookUp], asked: [String])>

    private let searches: NIOLockedValueBox<(answers: [MarkerSearch], asked: [MarkedRun])>

    typealias LookUp = Result<ExistingRun?, StartFailure>

    /// - Parameters:
    ///   - afterwards: What answers when the steps are used up; nil where that must not happen.
    ///   - nameError: What the check of the names throws.
    ///   - lookUps: What look-ups find, one after the other; then nothing.
    ///   - searches: What searches by marker find, one after the other; then nothing.
    init(
        _ steps: Step...,
        afterwards: Step? = nil,
        nameError: RequestError? = nil,
        lookUps: [LookUp] = [],
        searches: [MarkerSearch] = []
    ) {
        self.searches = NIOLockedValueBox((searches, []))
        self.lookUps = NIOLockedValueBox((lookUps, []))
        state = NIOLockedValueBox((steps, []))
        self.afterwards = afterwards
        self.nameError = nameError
    }

    var calls: [Call] { state.withLockedValue { $0.calls } }

    /// The run ids looked up, in order.
    var lookedUp: [String] { lookUps.withLockedValue { $0.asked } }

    func findRun(_ runID: String, of target: Target) async throws(StartFailure) -> ExistingRun? {
        let answer = lookUps.withLockedValue { lookUps -> LookUp in
            lookUps.asked.append(runID)
            return lookUps.answers.isEmpty ? .success(nil) : lookUps.answers.removeFirst()
        }
        return try answer.get()
    }

    func findRun(_ marked: MarkedRun, of target: Target) async throws(StartFailure) -> MarkerSearch {
        searches.withLockedValue { searches in
            searches.asked.append(marked)
            return searches.answers.isEmpty ? .absent : searches.answers.removeFirst()
        }
    }

    /// What was looked for by its marker, in order.
    var searched: [MarkedRun] { searches.withLockedValue { $0.asked } }

    func check(_ target: Target) throws(RequestError) {
        if let nameError { throw nameError }
    }

    func startRun(
        of target: Target,
        parameters: [UInt8],
        options: StartOptions,
        runID: String
    ) async throws(StartFailure) -> String {
        let call = Call(target: target, parameters: parameters, options: options, runID: runID)
        let step = state.withLockedValue { state in
            state.calls.append(call)
            return state.steps.isEmpty ? afterwards : state.steps.removeFirst()
        }
        guard let step else {
            Issue.record("an attempt the script does not expect: \(call)")
            throw StartFailure(.refused, code: "Unexpected", message: "unexpected attempt")
        }
        return try await step(call).get()
    }

    // MARK: - Steps

    /// Starts the run under the id it was asked for.
    static let starts: Step = { .success($0.runID) }

    /// Fails, and asks to be left alone for a moment, so that a test waits no longer than that.
    static func fails(
        _ meaning: StartFailure.Meaning,
        code: String = "Scripted",
        retryAfter: Duration? = .milliseconds(1)
    ) -> Step {
        { _ in
            .failure(
                StartFailure(
                    meaning,
                    code: code,
                    message: "scripted",
                    httpStatus: 418,
                    azureRequestID: "azure-1",
                    retryAfter: retryAfter
                )
            )
        }
    }
}
