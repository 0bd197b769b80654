extension TokenError {
    static var noProof: TokenError {
        refused(
            7_000_218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        )
    }

    static func wrongSecret(clientID: String) -> TokenError {
        refused(
            7_000_215,
            "Invalid client secret provided. Send the secret's value, not its ID, for app '\(clientID)'."
        )
    }

    static func expiredSecret(clientID: String) -> TokenError {
        refused(7_000_222, "The provided client secret keys for app '\(clientID)' are expired. Create new keys.")
    }

    static func malformedAssertion(_ reason: String) -> TokenError {
        refused(50027, "Invalid JWT token. \(reason)")
    }

    static func badSignature(_ code: Int, _ reason: String) -> TokenError {
        let what =
            code == 50013 ? "Assertion failed signature validation" : "Client assertion contains an invalid signature"
        return refused(code, "\(what). [Reason - \(reason)].")
    }

    static var wrongAssertionAudience: TokenError {
        refused(700_023, "Client assertion audience claim does not match Realm issuer.")
    }

    static var wrongAssertionClient: TokenError {
        refused(700_021, "Client assertion application identifier doesn't match 'client_id' parameter.")
    }

    static func untimelyAssertion(from start: Timestamp?, to end: Timestamp, at now: Timestamp) -> TokenError {
        let beginning = start.map { "valid from \($0.spacedText), " } ?? ""
        return refused(
            700_024,
            "Client assertion is not within its valid time range. Current time: \(now.spacedText),"
                + " assertion \(beginning)expiry time of assertion \(end.spacedText)."
        )
    }

    static func noFederation(issuer: String, subject: String, audiences: [String]) -> TokenError {
        refused(
            70021,
            "No matching federated identity record found for presented assertion. Assertion Issuer: '\(issuer)'."
                + " Assertion Subject: '\(subject)'. Assertion Audience: '\(audiences.joined(separator: ", "))'."
        )
    }

    static func noFederation(_ code: Int, _ part: String, _ value: String) -> TokenError {
        refused(
            code,
            "No matching federated identity record found for presented assertion \(part) '\(value)'. Check your"
                + " federated identity credential Subject, Audience and Issuer against the presented assertion."
        )
    }

    private static func refused(_ code: Int, _ message: String) -> TokenError {
        TokenError(status: 401, error: "invalid_client", code: code, message: message)
    }
}
