/// Whether an assertion proves that its sender is the application it says it is.
struct AssertionCheck {
    var clientID: String
    var certificates: [SigningCertificate]
    var federated: [FederatedCredential]
    /// What an assertion of the application's own must be for.
    var endpoint: String
    var now: Timestamp

    /// How far a clock may be off.
    private static let skew: Duration = .seconds(300)

    /// Refuses the assertion unless all of it is right.
    ///
    /// Which of the two kinds it is shows in who made it: the application itself signs with its certificate, anyone
    /// else is an issuer it is federated with.
    func check(_ text: String) throws(TokenError) {
        guard let token = JSONWebToken(text) else {
            throw .malformedAssertion("It is not three parts of base64url without padding.")
        }
        let client = clientID.lowercased()
        let isOwn = token.claim("iss")?.lowercased() == client || token.claim("sub")?.lowercased() == client
        if isOwn || federated.isEmpty && token.namesCertificate {
            try checkOwn(token, client: client)
        } else {
            try checkForeign(token)
        }
        try checkTime(token)
    }

    private func checkOwn(_ token: JSONWebToken, client: String) throws(TokenError) {
        let algorithm = token.header("alg") ?? ""
        guard algorithm == "PS256" || algorithm == "RS256" else {
            throw .malformedAssertion("'\(algorithm)' is not a supported signature algorithm.")
        }
        guard let thumbprint = token.header("x5t#S256") ?? token.header("x5t") else {
            throw .malformedAssertion("No certificate thumbprint specified in token header.")
        }
        guard let certificate = certificates.first(where: { $0.isNamed(by: token) }) else {
            throw .badSignature(700_027, "The key was not found., Thumbprint of key used by client: '\(thumbprint)'")
        }
        guard token.isSigned(by: certificate.key) else {
            throw .badSignature(
                700_027,
                "The provided signature value did not match the expected signature value.,"
                    + " Thumbprint of key used by client: '\(thumbprint)'"
            )
        }
        guard certificate.validity.contains(now) else {
            throw .badSignature(50012, "The key used is expired., Thumbprint of key used by client: '\(thumbprint)'")
        }
        guard token.audiences == [endpoint] else { throw .wrongAssertionAudience }
        guard token.claim("iss")?.lowercased() == client, token.claim("sub")?.lowercased() == client else {
            throw .wrongAssertionClient
        }
        guard let id = token.claim("jti"), !id.isEmpty else {
            throw .malformedAssertion("The claim 'jti' is missing.")
        }
    }

    /// Narrows the trusted issuers down by issuer, subject and audience, so that a refusal names the first that is
    /// wrong.
    private func checkForeign(_ token: JSONWebToken) throws(TokenError) {
        let issuer = token.claim("iss") ?? ""
        let subject = token.claim("sub") ?? ""
        if federated.isEmpty { throw .noFederation(issuer: issuer, subject: subject, audiences: token.audiences) }
        let ofIssuer = federated.filter { $0.issuer == issuer }
        guard !ofIssuer.isEmpty else { throw .noFederation(700_211, "issuer", issuer) }
        let ofSubject = ofIssuer.filter { $0.subject == subject }
        guard !ofSubject.isEmpty else { throw .noFederation(700_213, "subject", subject) }
        let ofAudience = ofSubject.filter { token.audiences.contains($0.audience) }
        guard !ofAudience.isEmpty else {
            throw .noFederation(700_212, "audience", token.audiences.joined(separator: ", "))
        }
        // Entra ID takes no other algorithm from an issuer.
        guard token.header("alg") == "RS256" else {
            throw .malformedAssertion("'\(token.header("alg") ?? "")' is not a supported signature algorithm.")
        }
        guard ofAudience.contains(where: { token.isSigned(by: $0.key) }) else {
            throw .badSignature(50013, "The provided signature value did not match the expected signature value.")
        }
    }

    private func checkTime(_ token: JSONWebToken) throws(TokenError) {
        guard let end = token.moment("exp") else { throw .malformedAssertion("The claim 'exp' is missing.") }
        let start = token.moment("nbf")
        guard now < end + Self.skew, start.map({ $0 <= now + Self.skew }) ?? true else {
            throw .untimelyAssertion(from: start, to: end, at: now)
        }
    }
}

extension JSONWebToken {
    /// Whether it says which certificate it was signed with.
    fileprivate var namesCertificate: Bool {
        header("x5t#S256") != nil || header("x5t") != nil
    }
}

extension SigningCertificate {
    /// Whether it is the certificate the token's header names; where there are two thumbprints, both must be its own.
    fileprivate func isNamed(by token: JSONWebToken) -> Bool {
        let sha1 = token.header("x5t").map(unpadded)
        let sha256 = token.header("x5t#S256").map(unpadded)
        return (sha1 ?? thumbprint) == thumbprint && (sha256 ?? thumbprint256) == thumbprint256
    }

    /// Microsoft's own library for Python (MSAL 1.39) pads its thumbprints, which RFC 7515 does not.
    private func unpadded(_ thumbprint: String) -> String {
        String(thumbprint.prefix { $0 != "=" })
    }
}
