/// The one way out to the network for the credentials and for the Data Factory client.
///
/// One call is one exchange: an implementation sends the request at most once, follows no redirect and repeats nothing.
/// Only the caller knows whether a request may be repeated, and ``HTTPTransportError/certainty`` is what it decides by.
///
/// An implementation calls ``HTTPRequest/requireConfidentialChannel()`` before it opens anything.
public protocol HTTPTransport: Sendable {
    /// Sends one request and reads the whole answer.
    ///
    /// Any status is an answer, also 4xx and 5xx.
    ///
    /// - Throws: ``HTTPTransportError`` if no complete answer was read: not connected, cut off, too late, too large.
    func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse
}
