internal import CCurl

/// What a request sets on an easy handle, and the memory that libcurl reads it from meanwhile.
///
/// One request is much like the next, so what they have in common stays: the base of the URL, the proxy, and the list of
/// fields, of which only the texts that differ are written anew.
struct CurlRequest {
    private var fields: UnsafeMutablePointer<curl_slist>?
    /// What ``fields`` holds.
    private var headers: [HTTPHeader] = []
    private var body: UnsafeMutableRawBufferPointer?
    private var base = ""
    /// The proxy that the handle was last set to use; a handle is new without one.
    private var proxy: HTTPProxy?

    /// False where there is no memory for it.
    mutating func apply(_ job: CurlLoop.Job, to easy: UnsafeMutableRawPointer) -> Bool {
        let request = job.request
        let url = URLParts(request.url)
        var isComplete = ccurl_set_string(easy, CURLOPT_REQUEST_TARGET, url.target) == CURLE_OK
        if base != url.base {
            base = url.base
            isComplete = ccurl_set_string(easy, CURLOPT_URL, base) == CURLE_OK && isComplete
        }
        applyBody(request, to: easy)
        isComplete = apply(request.headers, to: easy) && isComplete
        ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, job.millisecondsLeft)
        if job.place.proxy != proxy { isComplete = use(job.place.proxy, easy) && isComplete }
        return isComplete
    }

    /// A URL as libcurl takes it with the least work: whole, it goes through it letter by letter, several times.
    private struct URLParts {
        /// Scheme, host and port.
        let base: String
        /// What is asked for there: path and query.
        let target: String

        init(_ url: String) {
            let bytes = url.utf8
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
            let host = bytes.index(colon, offsetBy: 3, limitedBy: bytes.endIndex) ?? bytes.endIndex
            let end = bytes[host...].firstIndex { "/?#".utf8.contains($0) } ?? bytes.endIndex
            let fragment = bytes[end...].firstIndex(of: UInt8(ascii: "#")) ?? bytes.endIndex
            base = String(url[..<end])
            let target = url[end..<fragment]
            self.target = target.utf8.first == UInt8(ascii: "/") ? String(target) : "/\(target)"
        }
    }

    // MARK: - Fields

    /// Fields that libcurl adds of its own accord, and leaves out when they are given without a value.
    private static let additions = ["Accept", "Content-Type", "Expect"]

    private mutating func apply(_ headers: [HTTPHeader], to easy: UnsafeMutableRawPointer) -> Bool {
        if isReplaceable(by: headers) {
            replace(by: headers)
            return true
        }
        ccurl_set_fields(easy, nil)
        freeFields()
        var isComplete = true
        for field in headers {
            // libcurl's ways to say that the value is empty.
            let text = field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)"
            isComplete = append(text) && isComplete
        }
        for name in Self.additions where headers.value(of: name) == nil {
            isComplete = append("\(name):") && isComplete
        }
        ccurl_set_fields(easy, fields)
        if isComplete { self.headers = headers }
        return isComplete
    }

    /// Whether each field has its like in the list, with a value just as long.
    private func isReplaceable(by headers: [HTTPHeader]) -> Bool {
        !headers.isEmpty && headers.count == self.headers.count
            && zip(headers, self.headers).allSatisfy { new, old in
                new.name == old.name && new.value.utf8.count == old.value.utf8.count
            }
    }

    private mutating func replace(by headers: [HTTPHeader]) {
        var field = fields
        for header in headers {
            guard let text = field?.pointee.data else { break }
            var value = header.value
            // SAFETY: the text is the list's own, libcurl reads it in an exchange alone, and this is none. It holds the
            // name, a colon, a space, and a value of the same length; where that is nothing, nothing is written.
            value.withUTF8 { bytes in
                let start = UnsafeMutableRawPointer(text + header.name.utf8.count + 2)
                if let source = bytes.baseAddress { start.copyMemory(from: source, byteCount: bytes.count) }
            }
            field = field?.pointee.next
        }
        self.headers = headers
    }

    private mutating func append(_ field: String) -> Bool {
        // Nil, and the list as it was, where there is no memory.
        guard let longer = curl_slist_append(fields, field) else { return false }
        fields = longer
        return true
    }

    private mutating func freeFields() {
        curl_slist_free_all(fields)
        fields = nil
        headers = []
    }

    // MARK: - Body and proxy

    private mutating func applyBody(_ request: HTTPRequest, to easy: UnsafeMutableRawPointer) {
        guard request.method == .post || !request.body.isEmpty else {
            ccurl_set_long(easy, CURLOPT_HTTPGET, 1)
            return
        }
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, request.body.count), alignment: 1)
        copy.copyBytes(from: request.body)
        body = copy
        ccurl_set_long(easy, CURLOPT_POST, 1)
        ccurl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, Int64(request.body.count))
        ccurl_set_pointer(easy, CURLOPT_POSTFIELDS, copy.baseAddress)
        if request.method != .post { ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
    }

    private mutating func use(_ proxy: HTTPProxy?, _ easy: UnsafeMutableRawPointer) -> Bool {
        self.proxy = proxy
        // Empty rather than nil: nil is what makes libcurl look into the environment.
        var settings = [ccurl_set_string(easy, CURLOPT_PROXY, proxy?.url ?? "")]
        let login = proxy?.login
        settings.append(ccurl_set_string(easy, CURLOPT_PROXYUSERNAME, login?.user))
        settings.append(ccurl_set_string(easy, CURLOPT_PROXYPASSWORD, login?.password.value))
        return settings.allSatisfy { $0 == CURLE_OK }
    }

    /// Lets go of what belonged to this request alone.
    mutating func clear(_ easy: UnsafeMutableRawPointer) {
        if let body {
            ccurl_set_pointer(easy, CURLOPT_POSTFIELDS, nil)
            ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, nil)
            body.deallocate()
        }
        body = nil
    }
}

extension CurlRequest {
    /// Lets go of everything, before the handle goes.
    mutating func free(_ easy: UnsafeMutableRawPointer) {
        clear(easy)
        ccurl_set_fields(easy, nil)
        freeFields()
    }
}

extension HTTPProxy {
    /// As libcurl reads it; a SOCKS proxy resolves the host names itself.
    fileprivate var url: String {
        "\(kind == .http ? "http" : "socks5h")://\(self)"
    }
}
