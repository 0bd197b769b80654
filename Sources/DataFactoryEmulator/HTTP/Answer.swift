import HTTPTypes

/// What is sent back.
struct Answer: Sendable {
    var status: Int
    var headers: HTTPFields
    var body: [UInt8]
    /// Where it breaks off: within its body, or behind its headers, with the connection reset.
    var endsWithHeaders = false

    init(status: Int, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A JSON answer of the emulator's own routes.
    static func json(_ body: [UInt8]) -> Answer {
        Answer(status: 200, headers: [.contentType: "application/json; charset=utf-8"], body: body)
    }

    var isRefusal: Bool { status >= 400 }
}

/// How a request ends.
enum Ending: Sendable {
    /// With an answer.
    case answer(Answer)
    /// With the connection cut.
    case reset
    /// Not at all.
    case hang
    /// With an answer that breaks off.
    case truncated(Answer)

    /// The status line it begins with; nil where there is none.
    var status: Int? {
        switch self {
        case .answer(let answer), .truncated(let answer): answer.status
        case .reset, .hang: nil
        }
    }

    /// What it is counted as.
    var tally: String {
        switch self {
        case .answer(let answer): String(answer.status)
        case .reset: "reset"
        case .hang: "hang"
        case .truncated(let answer): answer.endsWithHeaders ? "reset-after-headers" : "truncated"
        }
    }
}
