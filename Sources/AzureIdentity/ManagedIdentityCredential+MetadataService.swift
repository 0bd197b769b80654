internal import NIOConcurrencyHelpers

extension ManagedIdentityCredential {
    /// The pauses before the second to the sixth try, in seconds, as azure-identity (Python 1.27) makes them.
    private static let pauses = [0, 1.6, 3.2, 6.4, 12.8]

    /// The same where the service says 410 because it is being updated, which takes it up to 70 s.
    private static let pausesDuringUpdate: [Double] = [0, 5, 10, 20, 40]

    /// A wait beyond this is left to the caller, who is told of it.
    private static let longestPause = Duration.seconds(60)

    /// Asks until there is an answer that another try would not change.
    func askMetadataService(_ request: HTTPRequest) async throws(AzureIdentityError) -> AccessToken {
        try await probeMetadataService(request)
        var tries = 0
        while true {
            let reply = reply()
            let failure: AzureIdentityError
            do throws(AzureIdentityError) {
                let response = try await send(request, reply)
                if (200..<300).contains(response.status) { return try reply.token(from: response) }
                failure = refusal(response, reply)
            } catch {
                failure = error
            }
            guard Self.isWorthAnotherTry(failure), tries < Self.pauses.count else { throw failure }
            let ours = failure.status == 410 ? Self.pausesDuringUpdate[tries] : Self.pauses[tries]
            let pause = max(.seconds(ours), failure.retryAfter ?? .zero)
            guard pause <= Self.longestPause else { throw failure }
            try await wait(pause)
            tries += 1
        }
    }

    /// Off Azure nothing answers at the service's address and nothing says so, or something else answers: another
    /// cloud's service, a container host, a proxy. A question without the header that the service insists on is refused
    /// at once where it is there, so a second is enough to know.
    private func probeMetadataService(_ request: HTTPRequest) async throws(AzureIdentityError) {
        if metadataServiceAnswered.withLockedValue({ $0 }) { return }
        var probe = request
        probe.headers.removeAll { $0.name == "metadata" }
        probe.timeout = .seconds(1)
        let reply = reply()
        let response: HTTPResponse
        do {
            response = try await transport.send(probe)
        } catch {
            let failure = reply.failure(of: error)
            throw AzureIdentityError(
                code: failure.code,
                message: "\(failure.message): this is no Azure machine, or its metadata service is out of reach",
                credential: description,
                underlying: error,
                // Never for one that gave up: whoever cancels wants no other credential either.
                isAbsent: failure.code != .cancelled
            )
        }
        switch response.status {
        // The refusal; or the service has too much to do, or is being updated.
        case 400, 410, 429, 500...: metadataServiceAnswered.withLockedValue { $0 = true }
        default: throw stranger(response, to: probe)
        }
    }

    /// Something that does not answer as the service would.
    private func stranger(_ response: HTTPResponse, to probe: HTTPRequest) -> AzureIdentityError {
        // It may say of what make it is, as the services of other clouds do.
        let server = response.header("server").map { " (\(BoundedText.line($0, toBytes: 64)))" } ?? ""
        return AzureIdentityError(
            // 404 is also among what the service itself says for a while, so it is no verdict for ever.
            code: response.status == 404 ? .unavailable : .configuration,
            message: "what answers \(probe) is not Azure's metadata service: it said \(response.status)\(server), and "
                + "the service refuses a question without its header with 400; this is no Azure machine, or something "
                + "stands before its metadata service",
            credential: description,
            status: response.status,
            isAbsent: true
        )
    }

    private func refusal(_ response: HTTPResponse, _ reply: TokenReply) -> AzureIdentityError {
        switch response.status {
        case 400:
            // No identity at all, or none with that id; also what anything but the service says.
            return reply.failure(of: response, as: .configuration, isAbsent: true)
        case 404, 410:
            return reply.failure(of: response, as: .unavailable)
        default:
            return reply.failure(of: response)
        }
    }

    private static func isWorthAnotherTry(_ failure: AzureIdentityError) -> Bool {
        switch failure.code {
        case .throttled, .unavailable: true
        case .network: failure.underlying?.code == .timeout || failure.underlying?.code == .connectTimeout
        default: false
        }
    }

    private func wait(_ pause: Duration) async throws(AzureIdentityError) {
        do {
            try await surroundings.pause(pause)
        } catch {
            throw AzureIdentityError(
                code: .cancelled,
                message: "cancelled between two tries",
                credential: description
            )
        }
    }
}
