/// A request as the libraries hand it to an ``HTTPTransport``.
public struct HTTPRequest: Sendable {
    /// The methods the libraries use.
    public enum Method: String, Sendable {
        /// Reads something.
        case get = "GET"
        /// Starts or asks something, with a body.
        case post = "POST"
    }

    /// What is to be done.
    public var method: Method

    /// The absolute URL, percent-encoded already: a transport sends path and query as they stand here.
    public var url: String

    /// The header fields, without `Host` and `Content-Length`, which the transport adds.
    public var headers: [HTTPHeader]

    /// The body, sent as it is.
    public var body: [UInt8]

    /// How long the whole exchange may take, from waiting for a connection to the last byte of the answer.
    public var timeout: Duration

    /// Whether URL, headers or body hold something that must not be overheard.
    ///
    /// A request with an `Authorization` header counts as secret whatever is said here.
    public var carriesSecret: Bool

    /// Whether the request must go straight to its host, whatever proxy is configured: the addresses of a machine's
    /// own identity service mean another machine, or nothing, behind a proxy.
    public var bypassesProxy: Bool

    /// Makes a request. It is taken to carry a secret unless the caller says otherwise.
    public init(
        method: Method,
        url: String,
        headers: [HTTPHeader],
        body: [UInt8] = [],
        timeout: Duration,
        carriesSecret: Bool = true,
        bypassesProxy: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.carriesSecret = carriesSecret
        self.bypassesProxy = bypassesProxy
    }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Method and URL up to the query; no header value, no body.
    public var description: String {
        "\(method.rawValue) \(url.prefix { $0 != "?" && $0 != "#" })"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Hides headers and body from `dump`.
    public var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}
