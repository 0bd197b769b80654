internal import AzureIdentity

extension HTTPResponse {
    /// Whether the service did what it was asked. Any 2xx: Azure Synapse answers the same calls with 202.
    var isSuccess: Bool { (200..<300).contains(status) }

    /// The answer with header fields that do not repeat what it was asked with, for errors are made of them and logged.
    func redactingHeaders(_ secret: Secret) -> HTTPResponse {
        var response = self
        response.headers = headers.map { HTTPHeader(name: $0.name, value: secret.redacted(from: $0.value)) }
        return response
    }

    /// Microsoft's id of the exchange.
    var azureRequestID: String? { identifier("x-ms-request-id") }

    /// The id that groups the exchanges of one operation.
    var correlationID: String? { identifier("x-ms-correlation-request-id") }

    /// These are GUIDs; whatever else may answer at the service's address must not fill the log with them.
    private func identifier(_ name: String) -> String? {
        header(name).map { BoundedText.cut($0, toBytes: 128) }
    }

    /// What ARM says is left.
    var rateLimit: RateLimit {
        func number(_ name: String) -> Int? { header(name).flatMap { Int($0) } }
        return RateLimit(
            remainingWrites: number("x-ms-ratelimit-remaining-subscription-writes"),
            remainingReads: number("x-ms-ratelimit-remaining-subscription-reads"),
            remainingGlobalWrites: number("x-ms-ratelimit-remaining-subscription-global-writes"),
            remainingGlobalReads: number("x-ms-ratelimit-remaining-subscription-global-reads")
        )
    }
}
