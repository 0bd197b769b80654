import Foundation
import NetworkTestSupport

/// What stands at the service's address and is not the service.
enum MaliciousEndpoint: String, CaseIterable, Sendable {
    /// Repeats the request in every member that an error of Entra ID or ARM has.
    case echo
    /// Does so with what was percent-encoded, decoded.
    case decodedEcho
    /// Calls that a success.
    case echoAsSuccess
    /// Repeats it in a page of HTML, and in every header that is read.
    case page
    /// Sends the caller on to a URL that holds it.
    case redirect
    case tooLarge, noHTTP, close, reset, hang

    /// Whether only the caller's time-out ends the exchange.
    var isSilent: Bool { self == .hang }

    func reaction(to request: LoopbackServer.Request) -> LoopbackServer.Reaction {
        let oneLine = request.text.replacing("\r\n", with: " ")
        switch self {
        case .echo: return Self.answer(400, Self.errorBody(oneLine))
        case .decodedEcho: return Self.answer(400, Self.errorBody(oneLine.removingPercentEncoding ?? oneLine))
        case .echoAsSuccess: return Self.answer(200, Self.errorBody(oneLine))
        case .page: return Self.answer(502, "<html><body>\(request.text)</body></html>", echoing: oneLine)
        case .redirect: return Self.answer(302, "", echoing: oneLine)
        case .tooLarge: return Self.answer(200, oneLine + String(repeating: " ", count: 1 << 20))
        case .noHTTP: return .answerAndClose("\(oneLine)\r\n\r\n")
        case .close: return .close
        case .reset: return .reset
        case .hang: return .hang
        }
    }

    private static func errorBody(_ text: String) -> String {
        // Texts are cut by whoever reads them, so the part from the secret on is sent on its own. Half a secret is not
        // sent: nobody could know it for one.
        let marks = [
            "client_secret=", "client_assertion=", "x-identity-header: ", "secret: ", "authorization: Bearer ",
        ]
        let tail =
            marks.compactMap { mark in text.firstRange(of: mark).map { String(text[$0.upperBound...]) } }.first ?? text
        let texts = [text, tail, tail]
        let members: [String: Any] = [
            "error_description": texts[1], "trace_id": texts[2], "correlation_id": texts[2], "timestamp": texts[2],
            "code": texts[2], "message": texts[0], "target": texts[1],
            "details": [["code": texts[1], "message": texts[0], "target": texts[2]]],
        ]
        // `error` is a text for one service and an object for the other: members of both stand on their own, too.
        var body = members
        body["error"] =
            text.hasPrefix("POST") && text.contains("oauth2")
                || text.contains("api-version=20")
                    && !text.contains("api-version=2018-06-01")
            ? texts[1] : members
        guard let data = try? JSONSerialization.data(withJSONObject: body) else { return text }
        return String(decoding: data, as: UTF8.self)
    }

    private static func answer(_ status: Int, _ body: String, echoing text: String? = nil) -> LoopbackServer.Reaction {
        let echo = text.map { text in
            [
                "Location: https://example.com/?\(text)", "Retry-After: \(text)", "x-ms-request-id: \(text)",
                "x-ms-correlation-request-id: \(text)", "WWW-Authenticate: Bearer realm=\"\(text)\"",
                "ETag: \(text)",
            ].map { $0 + "\r\n" }.joined()
        }
        return .answer(
            "HTTP/1.1 \(status) \(text?.prefix(500) ?? "X")\r\n\(echo ?? "")Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
    }
}
