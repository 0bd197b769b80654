internal import FoundationEssentials

/// Asks Data Factory for one run that would answer for a request, in the way its factory's runs are recognised.
struct RunSearch: Sendable {
    let starter: any RunStarter
    let rule: IdentityRule

    /// - Parameter calledUntil: Until when a call may have started it, where one was made.
    /// - Returns: The run; or that there is none; or, where runs are found by a marker, why that can't be said.
    func callAsFunction(
        for runID: String,
        of target: Target,
        calledUntil: Date? = nil
    ) async throws(StartFailure) -> MarkerSearch {
        if let run = try await starter.findRun(runID, of: target) { return .found(run) }
        guard case .marker(let parameter) = rule else { return .absent }
        return try await starter.findRun(
            MarkedRun(parameter: parameter, value: runID, calledUntil: calledUntil),
            of: target
        )
    }
}
