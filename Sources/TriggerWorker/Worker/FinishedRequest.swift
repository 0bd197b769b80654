/// What there is to tell about a request that is done. Of reference type, for it is handed on at every step.
package final class FinishedRequest: Sendable {
    /// What became of it.
    package let outcome: Outcome
    let requestID: String
    let publisher: String?
    let runID: String?
    let target: String?
    let attempts: Int
    /// Why there is no run, where that is the answer.
    package let error: RequestError?
    /// Nil where it was not answered.
    package let receipt: ReplyReceipt?
    /// Why it was put back, if it was.
    package let postponed: Postponement.Reason?

    init(_ reply: Reply, _ receipt: ReplyReceipt, _ answer: Result<StartedRun, FailedRequest>) {
        outcome = reply.outcome
        requestID = reply.requestID
        publisher = reply.publisher
        runID = reply.runID
        self.receipt = receipt
        postponed = nil
        switch answer {
        case .success(let run):
            target = run.target.resourceID
            attempts = run.how.attempts
            error = nil
        case .failure(let failed):
            target = failed.target?.resourceID
            attempts = failed.error.attempts
            error = failed.error
        }
    }

    init(_ postponement: Postponement, _ identity: RequestIdentity, _ target: Target?) {
        outcome = postponement.reason == .stopping ? .returned : .deferred
        requestID = identity.text
        publisher = identity.publisher
        runID = nil
        self.target = target?.resourceID
        attempts = postponement.history.attempts
        error = nil
        receipt = nil
        postponed = postponement.reason
    }
}
