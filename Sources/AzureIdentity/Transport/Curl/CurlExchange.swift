internal import CCurl

/// One easy handle: what it is to send, and what has come back. Used for one exchange after another.
///
/// libcurl calls back on the transport's thread, from within the calls that drive it.
final class CurlExchange {
    let easy: UnsafeMutableRawPointer
    private(set) var id: UInt64 = 0
    private(set) var job: CurlLoop.Job?

    private let limits: CurlLimits
    private var request = CurlRequest()
    private var head = ResponseHead()
    private var body: [UInt8] = []
    /// Whether any byte of the request can have left.
    private(set) var mayBeSent = false
    /// Why we ended the exchange ourselves.
    private var refusal: (HTTPTransportError.Code, String)?
    /// libcurl writes here why an exchange failed.
    private let wordsBuffer = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    /// Nil where there is no memory for it.
    init?(_ configuration: CurlTransport.Configuration) {
        guard CurlLibrary.isReady, let easy = curl_easy_init() else {
            wordsBuffer.deallocate()
            return nil
        }
        self.easy = easy
        limits = CurlLimits(configuration)
        limits.apply(to: easy)
        // SAFETY: libcurl calls back from within the calls that drive the handle, and it ends with this object.
        ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, wordsBuffer)
        ccurl_set_callbacks(
            easy,
            Unmanaged.passUnretained(self).toOpaque(),
            { bytes, size, count, context in
                let length = size * count
                return CurlExchange.take(bytes, length, context) { $0.receiveField($1) } ? length : 0
            },
            { bytes, size, count, context in
                let length = size * count
                return CurlExchange.take(bytes, length, context) { $0.receiveBody($1) } ? length : 0
            },
            { context, _, _, _, _ in
                CurlExchange.from(context)?.beginSending() == true
                    ? Int32(CURL_PREREQFUNC_OK) : Int32(CURL_PREREQFUNC_ABORT)
            }
        )
    }

    deinit {
        request.free(easy)
        curl_easy_cleanup(easy)
        wordsBuffer.deallocate()
    }

    private var words: String { String(cString: wordsBuffer) }

    static func from(_ context: UnsafeMutableRawPointer?) -> CurlExchange? {
        context.map { Unmanaged<CurlExchange>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func take(
        _ bytes: UnsafeMutablePointer<CChar>?,
        _ length: Int,
        _ context: UnsafeMutableRawPointer?,
        by receive: (CurlExchange, UnsafeRawBufferPointer) -> Bool
    ) -> Bool {
        guard let exchange = from(context) else { return false }
        return receive(exchange, UnsafeRawBufferPointer(start: bytes, count: length))
    }

    /// Makes ready for one request; false where there is no memory for it.
    func prepare(_ id: UInt64, _ job: CurlLoop.Job) -> Bool {
        wordsBuffer[0] = 0
        self.id = id
        self.job = job
        return request.apply(job, to: easy)
    }

    /// Lets go of what belonged to the request, but for the list of its fields, which is as a rule that of the next.
    func clear() {
        job = nil
        request.clear(easy)
        head = ResponseHead()
        body = []
        mayBeSent = false
        refusal = nil
    }

    // MARK: - What libcurl tells

    /// The connection stands, and nothing is written yet.
    private func beginSending() -> Bool {
        guard !mayBeSent else {
            // libcurl sends again what met a connection that was just being closed. Whether that was carried out is
            // not known, and whether it may be repeated is not for a transport to say.
            refusal = (.connectionLost, "the server closed the connection without an answer")
            return false
        }
        mayBeSent = true
        return true
    }

    /// A line of the head, or of what follows a chunked body.
    private func receiveField(_ line: UnsafeRawBufferPointer) -> Bool {
        guard !head.take(line) else { return true }
        refusal = (.malformedResponse, "the answer's head is too large")
        return false
    }

    private func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard body.count + bytes.count <= limits.responseByteCount else {
            refusal = (.responseTooLarge, limits.excess)
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    // MARK: - The end

    /// What became of the exchange that libcurl says is over.
    func outcome(_ code: CURLcode) -> CurlLoop.Outcome {
        if let refusal { return failure(refusal.0, refusal.1) }
        guard code != CURLE_OK else { return .success(head.response(body)) }
        guard let job else { return failure(.other, "the exchange was over already") }
        let fault = CurlFault(code, easy, job: job, mayBeSent: mayBeSent, limits: limits, words: words)
        return failure(fault.code, fault.message, isComplete: fault.namesPlace)
    }

    func failure(
        _ code: HTTPTransportError.Code,
        _ message: String,
        isComplete: Bool = false
    ) -> CurlLoop.Outcome {
        .failure(
            HTTPTransportError(
                code: code,
                message: isComplete ? message : "\(message) (\(job?.place.description ?? "?"))",
                certainty: mayBeSent ? .unknown : .notSent,
                status: head.status == 0 ? nil : head.status
            )
        )
    }
}

/// What has come of an answer's head.
private struct ResponseHead {
    /// 0 before its first line.
    private(set) var status = 0
    private var fields = HTTPFields()
    private var isComplete = false
    private var byteCount = 0

    /// Takes a line; false where that is too much.
    mutating func take(_ line: UnsafeRawBufferPointer) -> Bool {
        guard !isComplete else { return true }
        byteCount += line.count
        guard byteCount <= CurlLimits.headByteCount, fields.count <= CurlLimits.fieldCount else { return false }
        let line = line.trimmingLineEnd
        if line.isEmpty {
            // After an interim answer (1xx) another head follows.
            isComplete = status >= 200
        } else if line.starts(with: "HTTP/".utf8) {
            (status, fields) = (line.status, HTTPFields())
        } else {
            fields.append(line: line)
        }
        return true
    }

    func response(_ body: [UInt8]) -> HTTPResponse {
        var response = HTTPResponse(status: status, body: body)
        response.fields = fields
        return response
    }
}

extension UnsafeRawBufferPointer {
    fileprivate var trimmingLineEnd: UnsafeRawBufferPointer {
        var end = count
        while end > 0, self[end - 1] == UInt8(ascii: "\n") || self[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: self[..<end])
    }

    /// The number in `HTTP/1.1 200 OK`; 0 where there is none.
    fileprivate var status: Int {
        let digits = drop { $0 != UInt8(ascii: " ") }.dropFirst().prefix(3)
        var status = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return 0 }
            status = status * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return status
    }
}
