import HTTPTypes

/// One request as a client sent it, but for its secrets, which are never kept.
struct CapturedRequest: Sendable {
    /// When it arrived.
    let time: Timestamp
    /// What it was counted as.
    let route: RouteName
    /// The method as sent.
    let method: String
    /// The path as sent, with its percent-encoding.
    let path: String
    /// The query as sent, without the `?`; nil where there is none.
    let query: String?
    /// Lower-cased names and values in the order of arrival, `host` first.
    let headers: [(name: String, value: String)]
    /// The body as text.
    let body: String
    /// What it was answered; nil while it is not, and for ever where the connection was cut or left hanging.
    var status: Int?

    /// What the log's bound on memory counts.
    var textBytes: Int { path.utf8.count + (query?.utf8.count ?? 0) + body.utf8.count }

    /// Takes a request's parts, and removes what is secret in them.
    /// - Parameter target: the request line's target as sent.
    init(
        time: Timestamp,
        route: RouteName,
        method: String,
        target: String,
        authority: String,
        headers: HTTPFields = [:],
        body: [UInt8]
    ) {
        self.time = time
        self.route = route
        self.method = method
        let mark = target.firstIndex(of: "?")
        let query = mark.map { String(target[target.index(after: $0)...]) }
        let text = String(decoding: body, as: UTF8.self)
        self.path = String(target[..<(mark ?? target.endIndex)])
        self.headers = Redaction.headers(headers, authority: authority)
        // A token request may hold secrets whatever it says its body is, and one that went to a wrong path in its
        // query; a call's own query and body are the caller's data.
        let isForm = headers[.contentType]?.lowercased().hasPrefix("application/x-www-form-urlencoded") ?? false
        self.body = route == .token || isForm ? Redaction.form(text) : text
        self.query = route == .token || route == .other ? query.map(Redaction.form) : query
    }

    /// Writes the object that the emulator's own route lists.
    func write(to output: inout JSONOutput) {
        output.object { output in
            output.member("at", time.text)
            output.member("route", route.rawValue)
            output.member("method", method)
            output.member("path", path)
            output.member("query", query)
            output.member("headers") { output in
                output.object { output in
                    for (name, value) in headers { output.member(name, value) }
                }
            }
            output.member("body", body)
            output.member("status") { output in
                if let status { output.integer(status) } else { output.null() }
            }
        }
    }
}
