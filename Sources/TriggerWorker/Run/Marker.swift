/// The parameter that carries a request's run id into its run, where the factory does not use the id itself.
enum Marker {
    /// The parameters with the marker in front; everything else stays byte for byte.
    ///
    /// - Parameter parameters: A checked JSON object.
    /// - Throws: ``RequestError`` of class `invalid` where the request sets that parameter itself: its run would not be
    ///   recognised.
    static func add(_ name: String, _ runID: String, to parameters: [UInt8]) throws(RequestError) -> [UInt8] {
        var isGiven = false
        var isEmpty = true
        do throws(JSONScanner.Failure) {
            var scanner = try JSONScanner(parameters)
            try scanner.object { (scanner, given) throws(JSONScanner.Failure) in
                isEmpty = false
                // Data Factory compares the names of parameters without case.
                if given.utf8.count <= Target.nameByteLimit, given.lowercased() == name.lowercased() {
                    isGiven = true
                }
                _ = try scanner.raw()
            }
        } catch {
            throw RequestError(.malformed, code: "InvalidBody", "in the body, \(error.text)")
        }
        guard !isGiven else {
            throw RequestError(
                .invalid,
                code: "MarkerGiven",
                "parameters.\(name) is set by the worker, to recognise the run; leave it out"
            )
        }
        var marker = JSONWriter()
        marker.object { $0.member(text: name, runID) }
        // `{"name":"id"` and then the rest of the object.
        guard let brace = parameters.firstIndex(of: UInt8(ascii: "{")) else { return parameters }
        return marker.bytes.dropLast() + (isEmpty ? [] : [UInt8(ascii: ",")]) + parameters[(brace + 1)...]
    }
}
