/// Writing requests, for those who send them.
extension TriggerRequest {
    /// The body of a request.
    ///
    /// - Parameters:
    ///   - target: An alias or an ARM id.
    ///   - parameters: A JSON object; it is put in byte for byte.
    ///   - deadline: An RFC 3339 date and time.
    /// - Throws: ``RequestError`` of class `malformed` where the result is not a request, so that a typing mistake is
    ///   found before anything is sent.
    package static func body(
        target: String,
        parameters: [UInt8]?,
        deadline: String? = nil
    ) throws(RequestError) -> [UInt8] {
        let parameters = try Self.parameters(parameters, adding: [])
        var json = JSONWriter()
        json.object { json in
            json.member("target", target)
            if let parameters { json.member("parameters", raw: parameters) }
            if let deadline { json.member("deadline", deadline) }
        }
        _ = try TriggerRequest(RequestMessage(body: json.bytes), identity: RequestIdentity("check"), bodyLimit: .max)
        return json.bytes
    }

    /// Adds members to a JSON object of parameters, which stays as it is otherwise.
    ///
    /// - Parameter members: Names and values. A value that is JSON is taken as JSON, anything else as a string: `42`
    ///   is a number, `"42"` and `a-b` are strings.
    /// - Throws: ``RequestError`` of class `malformed` where the object is none, or a name stands in it already.
    package static func parameters(
        _ object: [UInt8]?,
        adding members: [(name: String, value: String)]
    ) throws(RequestError) -> [UInt8]? {
        guard object != nil || !members.isEmpty else { return nil }
        var writer = JSONWriter()
        writer.object { json in
            for (name, value) in members {
                let bytes = Array(value.utf8)
                if isJSON(bytes) { json.member(text: name, raw: bytes) } else { json.member(text: name, value) }
            }
        }
        var result = object ?? Array("{}".utf8)
        do throws(JSONScanner.Failure) {
            var scanner = try JSONScanner(result)
            var isEmpty = true
            try scanner.object { (scanner, _) throws(JSONScanner.Failure) in
                isEmpty = false
                _ = try scanner.raw()
            }
            let closing = scanner.index - 1
            try scanner.end()
            if !members.isEmpty {
                result.replaceSubrange(closing..., with: Array((isEmpty ? "" : ",").utf8) + writer.bytes.dropFirst())
            }
            scanner = try JSONScanner(result)
            _ = try scanner.raw()
        } catch {
            throw RequestError(.malformed, code: "InvalidParameters", "the parameters: " + error.text)
        }
        return result
    }

    private static func isJSON(_ bytes: [UInt8]) -> Bool {
        guard var scanner = try? JSONScanner(bytes), (try? scanner.raw()) != nil else { return false }
        return (try? scanner.end()) != nil
    }
}
