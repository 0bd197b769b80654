package import TriggerWorker

/// What keeps an entry from being sent home.
package struct HomeRules: Sendable {
    /// The largest body a worker takes, in bytes.
    package var bodyLimit: Int
    /// What aliases and missing names mean.
    package var policy: Policy
    /// Asks Data Factory; nil where an entry goes home whatever runs there are.
    package var lookup: (any RunLookup)?

    /// Makes rules.
    package init(bodyLimit: Int, policy: Policy, lookup: (any RunLookup)?) {
        self.bodyLimit = bodyLimit
        self.policy = policy
        self.lookup = lookup
    }

    /// What keeps this one, or nil.
    ///
    /// - Throws: ``ErrorDeskError`` `service` where Data Factory can't be asked, which would be so for the next one too.
    func obstacle(to entry: ErrorEntry, _ body: [UInt8]) async throws(ErrorDeskError) -> String? {
        if let obstacle = entry.obstacle(bodyLimit: bodyLimit) { return obstacle }
        guard let lookup else { return nil }
        do throws(RunLookupFailure) {
            return try await EntryRuns(of: entry, body: body, policy: policy).first(by: lookup).map { run in
                "run \(run.runID) exists\(run.status.map { " (\($0))" } ?? ""); --force sends it all the same"
            }
        } catch {
            throw ErrorDeskError(
                .service,
                "Data Factory could not be asked about \(entry.id): \(error); --force does not ask"
            )
        }
    }
}
