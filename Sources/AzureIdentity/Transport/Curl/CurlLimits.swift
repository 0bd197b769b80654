internal import CCurl

/// What every exchange is bound by, set once on each easy handle.
struct CurlLimits {
    /// Of one answer's head, interim ones included.
    static let headByteCount = 256 << 10
    static let fieldCount = 256

    let responseByteCount: Int
    let connectTimeout: Duration
    private let idleTimeout: Duration
    private let trustRoots: HTTPTrustRoots

    init(_ configuration: CurlTransport.Configuration) {
        responseByteCount = configuration.maximumResponseBytes
        connectTimeout = configuration.connectTimeout
        idleTimeout = configuration.idleTimeout
        trustRoots = configuration.trustRoots
    }

    /// What is said of an answer that is too large.
    var excess: String { "the answer is larger than \(responseByteCount) bytes" }

    func apply(to easy: UnsafeMutableRawPointer) {
        // No signals: the process has other threads.
        ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        ccurl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        ccurl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        ccurl_set_long(easy, CURLOPT_NETRC, 0)
        // Or the end of an exchange would wait for the end of its name look-up, and keep the thread for as long.
        ccurl_set_long(easy, CURLOPT_QUICK_EXIT, 1)
        // 1 KiB, the least there is, instead of 16: it is allocated for each exchange, and answers have some hundred
        // bytes. (Chosen by figures taken with glibc's malloc, before jemalloc.)
        ccurl_set_long(easy, CURLOPT_BUFFERSIZE, 1 << 10)
        // What bodies above 64 KiB pass through, with a system call for each fill: 256 KiB take a sixth more CPU with 16.
        ccurl_set_long(easy, CURLOPT_UPLOAD_BUFFERSIZE, 64 << 10)
        ccurl_set_offset(easy, CURLOPT_MAXFILESIZE_LARGE, Int64(responseByteCount))
        ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, max(1, connectTimeout.wholeMilliseconds))
        ccurl_set_long(easy, CURLOPT_MAXAGE_CONN, max(1, Int(idleTimeout.components.seconds)))
        // The environment is read by us, and once.
        ccurl_set_string(easy, CURLOPT_PROXY, "")
        ccurl_set_string(easy, CURLOPT_NOPROXY, "")
        ccurl_set_long(easy, CURLOPT_HTTPPROXYTUNNEL, 1)
        ccurl_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        ccurl_set_long(easy, CURLOPT_PROXYAUTH, Int(ccurl_basic))
        // Without it a SOCKS proxy is offered Kerberos, too.
        ccurl_set_long(easy, CURLOPT_SOCKS5_AUTH, Int(ccurl_basic))
        ccurl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        // With a folder beside the file libcurl reads the authorities again for each connection.
        ccurl_set_string(easy, CURLOPT_CAPATH, nil)
        trustRoots.store?.trust(by: easy)
    }
}

extension Duration {
    /// Rounded up, so that what is short does not become nothing.
    var wholeMilliseconds: Int {
        Int((self / .milliseconds(1)).rounded(.up))
    }
}
