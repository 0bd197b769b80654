internal import FoundationEssentials
package import TriggerWorker

/// The runs that would answer for an entry.
package struct EntryRuns: Sendable {
    /// Their ids and pipelines, the most probable first.
    package let all: [(runID: String, target: Target)]

    /// - Parameters:
    ///   - body: The request; empty where it was not kept.
    ///   - policy: What aliases and missing names mean. They may mean another pipeline than when the entry failed.
    package init(of entry: ErrorEntry, body: [UInt8], policy: Policy) {
        guard let identity = entry.identity else {
            all = []
            return
        }
        let generation = min(entry.generation, ErrorEntry.generationLimit)
        var targets: [Target] = []
        if let target = entry.target.flatMap({ Target(resourceID: $0) }) { targets.append(target) }
        if let request = try? TriggerRequest(RequestMessage(body: body), identity: identity, bodyLimit: .max) {
            if let target = try? policy.resolve(request.target) { targets.append(target) }
            targets += policy.formerTargets(of: request.target)
        }
        var found: [(runID: String, target: Target)] = []
        for target in targets {
            let candidates = RunCandidates(identity, target: target, generation: generation, formerTargets: [])
            found += candidates.all.filter { candidate in !found.contains { $0.runID == candidate.runID } }
        }
        // An answer under another id than was asked for.
        if let runID = entry.runID, runID.utf8.count == 36, UUID(uuidString: runID) != nil, let target = targets.first,
            !found.contains(where: { $0.runID == runID.lowercased() })
        {
            found.append((runID, target))
        }
        all = found
    }

    /// The first of them that exists.
    package func first(by lookup: any RunLookup) async throws(RunLookupFailure) -> KnownRun? {
        for candidate in all {
            if let run = try await lookup.run(candidate.runID, of: candidate.target) { return run }
        }
        return nil
    }
}
