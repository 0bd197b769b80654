/// The run a request asks for, and those that may have answered it before.
struct RunCandidates: Sendable {
    /// Which pipeline is to run.
    let target: Target
    /// The id asked for.
    let runID: String
    /// Every run that would answer for the request, the one asked for first: it may have been asked for in an earlier
    /// generation, or when its alias meant another pipeline.
    let all: [(runID: String, target: Target)]

    init(_ identity: RequestIdentity, target: Target, generation: Int, formerTargets: [Target]) {
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
