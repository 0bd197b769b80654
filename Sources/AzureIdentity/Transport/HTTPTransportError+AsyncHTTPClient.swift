internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

extension HTTPTransportError {
    /// Folds whatever AsyncHTTPClient and NIO throw into one error.
    ///
    /// The certainty is not read from the error: the same `cancelled`, `deadlineExceeded` or reset arises before and
    /// after the request left. Whoever calls knows from the exchange itself. Messages are made from fixed texts, the
    /// host and system errors; AsyncHTTPClient's own descriptions can hold header values.
    init(folding error: any Error, certainty: Certainty, host: String) {
        let (code, message) = Self.codeAndMessage(of: error, certainty: certainty)
        self.init(code: code, message: "\(message) (\(host))", certainty: certainty)
    }

    private static func codeAndMessage(of error: any Error, certainty: Certainty) -> (Code, String) {
        switch error {
        case let error as HTTPClientError:
            (code(of: error, certainty: certainty), error.shortDescription.lowercasedFirst)
        case let error as HTTPExchange.ResponseTooLarge:
            (.responseTooLarge, "the answer is larger than \(error.limit) bytes")
        case let error as NIOConnectionError:
            if error.connectionErrors.isEmpty, error.dnsAError ?? error.dnsAAAAError != nil {
                (.nameResolution, "the host name could not be resolved")
            } else {
                (.connectFailed, error.connectionErrors.first.map { "\($0.error)" } ?? "no connection")
            }
        case let error as HTTPParserError:
            (.malformedResponse, "the answer is not HTTP: \(error)")
        case ChannelError.connectTimeout:
            (.connectTimeout, "not connected in time")
        case is IOError, is ChannelError:
            (certainty == .notSent ? .connectFailed : .connectionLost, "\(error)")
        default:
            // NIOSSL is no dependency of ours, so its errors are known by where their type lives.
            if String(reflecting: type(of: error)).hasPrefix("NIOSSL.") {
                (certainty == .notSent ? .tlsFailed : .connectionLost, "TLS: \(error)")
            } else {
                (.other, "\(type(of: error))")
            }
        }
    }

    private static func code(of error: HTTPClientError, certainty: Certainty) -> Code {
        switch error {
        case .cancelled, .requestStreamCancelled: .cancelled
        case .deadlineExceeded, .readTimeout, .writeTimeout: .timeout
        case .connectTimeout, .socksHandshakeTimeout, .httpProxyHandshakeTimeout: .connectTimeout
        case .tlsHandshakeTimeout: .tlsFailed
        case .getConnectionFromPoolTimeout: .poolTimeout
        case .remoteConnectionClosed, .uncleanShutdown: .connectionLost
        case .alreadyShutdown: .shutDown
        case .invalidURL, .emptyHost, .emptyScheme: .invalidRequest
        default:
            // The cases that carry values cannot be matched from outside; these three are about the request.
            switch error.shortDescription {
            case "Invalid header field values", "Invalid header field names", "Unsupported scheme": .invalidRequest
            default: .other
            }
        }
    }
}

extension String {
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
