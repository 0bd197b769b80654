import HTTPTypes

/// Makes a name that is known to be well formed.
private func name(_ text: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is no header name") }
    return name
}

extension HTTPField.Name {
    static let clientRequestID = name("x-ms-client-request-id")
    static let clientRequestIDForEntra = name("client-request-id")
    static let returnClientRequestID = name("x-ms-return-client-request-id")
    static let requestID = name("x-ms-request-id")
    static let correlationRequestID = name("x-ms-correlation-request-id")
    static let routingRequestID = name("x-ms-routing-request-id")
    static let remainingReads = name("x-ms-ratelimit-remaining-subscription-reads")
    static let remainingWrites = name("x-ms-ratelimit-remaining-subscription-writes")
    static let remainingGlobalReads = name("x-ms-ratelimit-remaining-subscription-global-reads")
    static let remainingGlobalWrites = name("x-ms-ratelimit-remaining-subscription-global-writes")
    static let retryAfterMilliseconds = name("x-ms-retry-after-ms")
    static let poweredBy = name("X-Powered-By")
    static let failureCause = name("x-ms-failure-cause")
    static let metadata = name("Metadata")
    static let xForwardedFor = name("X-Forwarded-For")
    static let identityHeader = name("X-IDENTITY-HEADER")
    static let identitySecret = name("secret")
    static let pragma = name("Pragma")
}
