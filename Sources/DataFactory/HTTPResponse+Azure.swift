internal import AzureIdentity

extension HTTPResponse {
    /// Whether the service did what it was asked. Any 2xx: Azure Synapse answers the same calls with 202.
    var isSuccess: Bool { (200..<300).contains(status) }

    /// Microsoft's id of the exchange.
    var azureRequestID: String? { header("x-ms-request-id") }

    /// The id that groups the exchanges of one operation.
    var correlationID: String? { header("x-ms-correlation-request-id") }

    /// What ARM says is left.
    var rateLimit: RateLimit {
        func remaining(_ kind: String) -> Int? {
            header("x-ms-ratelimit-remaining-subscription-\(kind)").flatMap(Int.init)
        }
        return RateLimit(
            remainingWrites: remaining("writes"),
            remainingReads: remaining("reads"),
            remainingGlobalWrites: remaining("global-writes"),
            remainingGlobalReads: remaining("global-reads")
        )
    }
}
