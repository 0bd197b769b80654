package import TriggerWorker

/// Asks Data Factory for runs.
package protocol RunLookup: Sendable {
    /// Asks whether a run exists.
    ///
    /// - Returns: the run, or nil where there is none.
    /// - Throws: ``RunLookupFailure`` where that could not be found out.
    func run(_ runID: String, of target: Target) async throws(RunLookupFailure) -> KnownRun?
}

/// A run that exists.
package struct KnownRun: Sendable, Hashable {
    /// Its id.
    package var runID: String
    /// Where it stands, in Data Factory's word.
    package var status: String?
    /// When it began and ended, as the service wrote it.
    package var start: String?
    package var end: String?
    /// Why it failed.
    package var message: String?

    /// Describes a run.
    package init(
        runID: String,
        status: String? = nil,
        start: String? = nil,
        end: String? = nil,
        message: String? = nil
    ) {
        self.runID = runID
        self.status = status
        self.start = start
        self.end = end
        self.message = message
    }
}

/// Why Data Factory could not be asked; safe to show.
package struct RunLookupFailure: Error, Sendable, CustomStringConvertible {
    /// In words.
    package let description: String

    /// Gives the reason.
    package init(_ description: String) {
        self.description = description
    }
}
