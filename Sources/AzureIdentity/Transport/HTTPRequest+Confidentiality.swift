extension HTTPRequest {
    /// Refuses to let a secret travel where it can be overheard.
    ///
    /// A request with an `Authorization` header or with ``carriesSecret`` set goes over https; plain http is accepted
    /// for loopback hosts alone. Every transport calls this first, so the rule holds whichever transport is in use.
    ///
    /// - Throws: ``HTTPTransportError/Code-swift.struct/insecureURL`` if the rule is broken,
    ///   ``HTTPTransportError/Code-swift.struct/invalidRequest`` if the URL is not plain http or https; in both cases
    ///   nothing was sent.
    public func requireConfidentialChannel() throws(HTTPTransportError) {
        guard let origin = URLOrigin(url: url) else { throw Self.noURL }
        try requireConfidentialChannel(to: origin)
    }

    /// The same where it is known already where the URL leads.
    func requireConfidentialChannel(to origin: URLOrigin) throws(HTTPTransportError) {
        if origin.isSecure || origin.isLoopback { return }
        guard carriesSecret || headers.value(of: "authorization") != nil else { return }
        throw HTTPTransportError(
            code: .insecureURL,
            message: "refused to send a credential to \(origin.host) over plain http: "
                + "use https (http is accepted for localhost, 127.0.0.0/8 and ::1 alone)",
            certainty: .notSent
        )
    }

    /// What is said of a URL that leads nowhere.
    static let noURL = HTTPTransportError(
        code: .invalidRequest,
        message: "not an http or https URL with a plain host name or address",
        certainty: .notSent
    )
}
