internal import CCurl

/// What a request sets on an easy handle, and the memory that libcurl reads it from meanwhile.
struct CurlRequest {
    private var fields: UnsafeMutablePointer<curl_slist>?
    private var body: UnsafeMutableRawBufferPointer?
    /// The proxy that the handle was last set to use; a handle is new without one.
    private var proxy: HTTPProxy?

    /// False where there is no memory for it.
    mutating func apply(_ job: CurlLoop.Job, to easy: UnsafeMutableRawPointer) -> Bool {
        let request = job.request
        var isComplete = ccurl_set_string(easy, CURLOPT_URL, request.url) == CURLE_OK
        applyBody(request, to: easy)
        for field in request.headers {
            // libcurl's ways to say that the value is empty.
            let text = field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)"
            isComplete = append(text) && isComplete
        }
        for name in Self.additions where request.headers.value(of: name) == nil {
            isComplete = append("\(name):") && isComplete
        }
        ccurl_set_fields(easy, fields)
        ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, job.millisecondsLeft)
        if job.place.proxy != proxy { isComplete = use(job.place.proxy, easy) && isComplete }
        return isComplete
    }

    /// Fields that libcurl adds of its own accord, and leaves out when they are given without a value.
    private static let additions = ["Accept", "Content-Type", "Expect"]

    private mutating func append(_ field: String) -> Bool {
        // Nil, and the list as it was, where there is no memory.
        guard let longer = curl_slist_append(fields, field) else { return false }
        fields = longer
        return true
    }

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

    /// Lets go of what libcurl does not read any more.
    mutating func clear(_ easy: UnsafeMutableRawPointer) {
        ccurl_set_fields(easy, nil)
        curl_slist_free_all(fields)
        fields = nil
        if let body {
            ccurl_set_pointer(easy, CURLOPT_POSTFIELDS, nil)
            ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, nil)
            body.deallocate()
        }
        body = nil
    }
}

extension HTTPProxy {
    /// As libcurl reads it; a SOCKS proxy resolves the host names itself.
    fileprivate var url: String {
        "\(kind == .http ? "http" : "socks5h")://\(self)"
    }
}
