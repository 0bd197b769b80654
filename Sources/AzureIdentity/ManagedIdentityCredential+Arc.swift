extension ManagedIdentityCredential {
    /// Asks the agent of Azure Arc, which answers the first request with the name of a file: whoever can read it may
    /// have a token.
    func askArc(_ request: HTTPRequest) async throws(AzureIdentityError) -> AccessToken {
        let reply = reply()
        let challenge = try await send(request, reply)
        // Nothing but a challenge is expected; a token given to somebody who proved nothing would be no harm.
        guard challenge.status == 401 else { return try reply.token(from: challenge) }
        let key = try key(for: challenge)

        var second = request
        // A header like this makes the transport insist on https or this very machine.
        second.headers.append(HTTPHeader(name: "authorization", value: "Basic \(key.value)"))
        let answer = TokenReply(
            credential: description,
            service: platform.name,
            secrets: [key],
            asked: surroundings.now()
        )
        return try answer.token(from: await send(second, answer))
    }

    /// Reads the file only if it is where such files are: the agent's address is a variable, and whoever answers there
    /// must not get any file of ours by asking.
    private func key(for challenge: HTTPResponse) throws(AzureIdentityError) -> Secret {
        guard let header = challenge.header("www-authenticate"), let mark = header.firstRange(of: "realm=") else {
            throw misconfigured("the Azure Arc agent's challenge names no file")
        }
        var path = header[mark.upperBound...]
        if path.first == "\"", path.last == "\"", path.count > 1 { path = path.dropFirst().dropLast() }
        let directory = surroundings.arcDirectory + "/"
        let name = path.dropFirst(directory.count)
        guard path.hasPrefix(directory), !name.contains("/"), name.hasSuffix(".key") else {
            throw misconfigured("the Azure Arc agent's challenge names a file outside \(directory)")
        }
        let contents: [UInt8]
        do {
            contents = try BoundedFile.read(String(path), limit: 4096)
        } catch {
            throw misconfigured(
                "the Azure Arc agent's file \(BoundedText.line(String(path), toBytes: 256)) \(error.text)"
            )
        }
        let key = String(decoding: contents, as: UTF8.self)
        guard TokenAnswer.isToken(key) else { throw misconfigured("the Azure Arc agent's file holds no key") }
        return Secret(key)
    }
}
