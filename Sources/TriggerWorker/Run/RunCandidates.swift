/// The run a request asks for, and those that may have answered it before. Of reference type, for it is handed on at every
/// step.
package final class RunCandidates: Sendable {
    /// Which pipeline is to run.
    package let target: Target
    /// The id asked for.
    package let runID: String
    /// Every run that would answer for the request, the one asked for first: it may have been asked for in an earlier
    /// generation, or when its alias meant another pipeline.
    package let all: [(runID: String, target: Target)]

    /// How often a request may be sent home for a new run: each generation is looked up, so a header that counts further
    /// would keep a worker busy.
    package static let generationLimit = 8

    /// - Throws: ``RequestError`` of class `invalid` where a request's generation is beyond the limit.
    static func check(_ generation: Int) throws(RequestError) {
        guard generation <= generationLimit else {
            throw RequestError(
                .invalid,
                code: "GenerationLimit",
                "header generation is \(generation), and may be \(generationLimit) at most; publish the request anew, "
                    + "under a new message id"
            )
        }
    }

    /// - Parameters:
    ///   - generation: The latest that has been asked for; the earlier ones are candidates too.
    ///   - formerTargets: What its alias has meant before.
    package init(_ identity: RequestIdentity, target: Target, generation: Int, formerTargets: [Target]) {
        self.target = target
        runID = RunIdentity.runID(for: identity, target: target, generation: generation)
        var all = [(runID, target)]
        for earlier in 0..<max(0, generation) {
            all.append((RunIdentity.runID(for: identity, target: target, generation: earlier), target))
        }
        for former in formerTargets {
            for earlier in 0...max(0, generation) {
                all.append((RunIdentity.runID(for: identity, target: former, generation: earlier), former))
            }
        }
        self.all = all
    }
}
