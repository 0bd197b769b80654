/// Asks Data Factory for one run that would answer for a request, in the way its factory's runs are recognised.
struct RunSearch: Sendable {
    let starter: any RunStarter
    let rule: IdentityRule

    /// - Returns: The run; or that there is none; or, where runs are found by a marker, that there were too many to look
    ///   at all of them.
    func callAsFunction(for runID: String, of target: Target) async throws(StartFailure) -> MarkerSearch {
        if let run = try await starter.findRun(runID, of: target) { return .found(run) }
        guard case .marker(let parameter) = rule else { return .absent }
        return try await starter.findRun(markedBy: parameter, as: runID, of: target)
    }
}
