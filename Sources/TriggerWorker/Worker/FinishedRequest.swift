/// What there is to tell about a request that is done.
struct FinishedRequest: Sendable {
    let outcome: Outcome
    let requestID: String
    let runID: String?
    let target: String?
    let attempts: Int
    let error: RequestError?
    let receipt: ReplyReceipt

    init(_ reply: Reply, _ receipt: ReplyReceipt, _ answer: Result<StartedRun, FailedRequest>) {
        outcome = reply.outcome
        requestID = reply.requestID
        runID = reply.runID
        self.receipt = receipt
        switch answer {
        case .success(let run):
            target = run.target.resourceID
            attempts = run.attempts
            error = nil
        case .failure(let failed):
            target = failed.target?.resourceID
            attempts = failed.error.attempts
            error = failed.error
        }
    }
}
