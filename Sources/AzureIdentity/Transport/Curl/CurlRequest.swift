internal import CCurl

/// What a request sets on an easy handle, and the memory that libcurl reads it from meanwhile.
///
/// One request is much like the next, so what they have in common stays: the base of the URL, the proxy, and the list of
/// fields, of which only the texts that differ are written anew.
struct CurlRequest {
    private var fields: UnsafeMutablePointer<curl_slist>?
    /// What ``fields`` holds.
    private var headers: [HTTPHeader] = []
    private var additions: [Addition] = []
    private var body: UnsafeMutableRawBufferPointer?
    private var base = ""
    /// The proxy that the handle was last set to use; a handle is new without one.
    private var proxy: HTTPProxy?

    /// False where there is no memory for it.
    mutating func apply(_ job: CurlLoop.Job, to easy: UnsafeMutableRawPointer) -> Bool {
        let request = job.request
        var isComplete = setTarget(job, easy)
        if base != job.base.text {
            base = job.base.text
            isComplete = ccurl_set_string(easy, CURLOPT_URL, base) == CURLE_OK && isComplete
        }
        applyBody(request, to: easy)
        isComplete = applyFields(request, to: easy) && isComplete
        ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, job.millisecondsLeft)
        if job.place.proxy != proxy { isComplete = use(job.place.proxy, easy) && isComplete }
        return isComplete
    }

    /// What is asked for there: path and query. libcurl goes through a whole URL letter by letter, several times.
    private func setTarget(_ job: CurlLoop.Job, _ easy: UnsafeMutableRawPointer) -> Bool {
        let url = job.request.url
        let start = job.base.text.utf8.count
        let bytes = url.utf8.span
        if start < bytes.count, bytes[start] == UInt8(ascii: "/"), !hasFragment(bytes) {
            // It holds no zero, which the wire form forbids.
            return url.withCString { ccurl_set_string(easy, CURLOPT_REQUEST_TARGET, $0 + start) } == CURLE_OK
        }
        let target = String(decoding: url.utf8.dropFirst(start).prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
        let path = target.utf8.first == UInt8(ascii: "/") ? target : "/\(target)"
        return ccurl_set_string(easy, CURLOPT_REQUEST_TARGET, path) == CURLE_OK
    }

    private func hasFragment(_ url: Span<UInt8>) -> Bool {
        for index in url.indices where url[index] == UInt8(ascii: "#") { return true }
        return false
    }

    // MARK: - Fields

    /// A field that libcurl adds of its own accord, and leaves out when it is given without a value.
    private enum Addition: String, CaseIterable {
        case accept = "Accept"
        case contentType = "Content-Type"
        case expect = "Expect"

        /// Whether it would be added. Each one that is left out costs a search of its own for every other field there
        /// might be, so none is named without need.
        func isMade(to request: HTTPRequest) -> Bool {
            switch self {
            case .accept: request.headers.value(of: rawValue) == nil
            case .contentType: request.isPosted && request.headers.value(of: rawValue) == nil
            // libcurl's own limit is 1 MiB (EXPECT_100_THRESHOLD).
            case .expect: request.body.count >= 1 << 20 && request.headers.value(of: rawValue) == nil
            }
        }
    }

    private mutating func applyFields(_ request: HTTPRequest, to easy: UnsafeMutableRawPointer) -> Bool {
        let additions = Addition.allCases.filter { $0.isMade(to: request) }
        if additions == self.additions, isReplaceable(by: request.headers) {
            replace(by: request.headers)
            return true
        }
        ccurl_set_fields(easy, nil)
        freeFields()
        var isComplete = true
        for field in request.headers {
            // libcurl's ways to say that the value is empty.
            let text = field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)"
            isComplete = append(text) && isComplete
        }
        for addition in additions { isComplete = append("\(addition.rawValue):") && isComplete }
        ccurl_set_fields(easy, fields)
        if isComplete { (headers, self.additions) = (request.headers, additions) }
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
        guard request.isPosted else {
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

extension HTTPRequest {
    /// Whether libcurl is to send it as it sends a POST: with a body, be it empty.
    fileprivate var isPosted: Bool { method == .post || !body.isEmpty }
}
