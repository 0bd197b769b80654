import DataFactory

extension ServiceAnswer {
    /// Answers that leave open whether a run began.
    static let unclear: [ServiceAnswer] = [
        ServiceAnswer("time-out", 408, "", .ambiguous, code: "HTTP408"),
        ServiceAnswer(
            "internal",
            500,
            error("InternalServerError", "Internal error has occurred.."),
            .ambiguous,
            code: "InternalServerError"
        ),
        ServiceAnswer(
            "internal, called bad",
            500,
            error("BadRequest", "Internal error has occurred."),
            .ambiguous,
            code: "BadRequest"
        ),
        ServiceAnswer("nothing said", 500, "", .ambiguous, code: "HTTP500"),
        ServiceAnswer("not implemented", 501, "", .ambiguous, code: "HTTP501"),
        ServiceAnswer("bad gateway", 502, "<html><h1>502 Bad Gateway</h1></html>", .ambiguous, code: "HTTP502"),
        ServiceAnswer(
            "unavailable",
            503,
            error("ServerBusy", "m"),
            .ambiguous,
            code: "ServerBusy",
            retryAfter: .seconds(5),
            headers: ["Retry-After": "5", "x-ms-failure-cause": "gateway"]
        ),
        ServiceAnswer("gateway time-out", 504, error("GatewayTimeout", "m"), .ambiguous, code: "GatewayTimeout"),
        ServiceAnswer("gateway time-out", 504, "", .ambiguous, code: "HTTP504"),
        ServiceAnswer("unknown", 599, "", .ambiguous, code: "HTTP599"),
    ]

    private static func throttled(
        _ name: String,
        _ code: String,
        _ message: String,
        wait: Duration?,
        _ headers: [String: String]
    ) -> ServiceAnswer {
        ServiceAnswer(
            name,
            429,
            error(code, message),
            .throttled,
            code: code,
            retryAfter: wait,
            headers: headers
        )
    }

    private static let subscriptionText =
        "Number of 'write' requests for subscription 's' actor 'o' exceeded. Please try again after '10' seconds "
        + "after additional tokens are available."
    private static let resourceText =
        "Number of requests for action 'a' exceeded the limit of '50' for time interval '00:05:00'. Please try again "
        + "after '372' seconds."
    private static let storageText =
        "Number of requests for subscription 'x' and operation 'POST/SUBSCRIPTIONS/...' exceeded the backend storage "
        + "limit. Please try again after '6' seconds."

    /// Every form of being asked to wait.
    static let throttles: [ServiceAnswer] = [
        throttled(
            "header",
            "SubscriptionRequestsThrottled",
            subscriptionText,
            wait: .seconds(17),
            ["Retry-After": "17"]
        ),
        throttled("text alone", "SubscriptionRequestsThrottled", subscriptionText, wait: .seconds(10), [:]),
        throttled(
            "a long wait",
            "ResourceRequestsThrottled",
            resourceText,
            wait: .seconds(372),
            ["Retry-After": "372"]
        ),
        throttled("a long wait, text alone", "ResourceRequestsThrottled", resourceText, wait: .seconds(372), [:]),
        throttled("storage", "TooManyRequests", storageText, wait: .seconds(6), [:]),
        throttled("an hour", "TooManyRequests", "m", wait: .seconds(3600), ["retry-after": "3600"]),
        throttled(
            "a date",
            "TooManyRequests",
            "m",
            wait: .seconds(90),
            ["Date": "Sun, 22 Nov 2026 19:00:00 GMT", "Retry-After": "Sun, 22 Nov 2026 19:01:30 GMT"]
        ),
        throttled("milliseconds", "TooManyRequests", "m", wait: .milliseconds(1500), ["retry-after-ms": "1500"]),
        throttled(
            "ARM's milliseconds",
            "TooManyRequests",
            "m",
            wait: .milliseconds(250),
            ["x-ms-retry-after-ms": "250"]
        ),
        throttled("no wait stated", "OperationNotAllowed", "m", wait: nil, [:]),
        throttled(
            "a header that says nothing",
            "TooManyRequests",
            resourceText,
            wait: .seconds(372),
            ["Retry-After": "soon"]
        ),
        throttled("text without number", "TooManyRequests", "Please try again after 'a while'.", wait: nil, [:]),
        throttled("text with another number", "TooManyRequests", "try again after '6' minutes", wait: nil, [:]),
        throttled(
            "text with a monstrous number",
            "TooManyRequests",
            "try again after '99999999999999999999' seconds",
            wait: nil,
            [:]
        ),
        ServiceAnswer("nothing said", 429, "", .throttled, code: "HTTP429"),
        ServiceAnswer(
            "from a gateway",
            429,
            "<html>",
            .throttled,
            code: "HTTP429",
            retryAfter: .zero,
            headers: ["Retry-After": "0"]
        ),
    ]
}
