internal import ErrorDesk
internal import Foundation
internal import RabbitMQ

/// What `errors show` prints of an entry.
struct EntryReport: Encodable {
    var id: String
    var `class`: String?
    var code: String?
    var message: String?
    var target: String?
    /// Who published it, where somebody vouches for that.
    var publisher: String?
    var failedAt: String?
    var firstFailedAt: String?
    var attempts: Int
    var generation: Int
    var readCount: Int
    var properties: [String: String]
    var headers: [Header]
    var body: Body
    /// The run ids that would answer for it, the most probable first.
    var runs: [Run]

    /// As a list: a table of AMQP may hold one name twice.
    struct Header: Encodable {
        var name: String
        var value: String
    }

    struct Body: Encodable {
        var byteCount: Int
        /// The text, or the begin of it; absent where it is no text, or was not kept.
        var text: String?
        /// The same where it is no text.
        var base64: String?
        var isTruncated: Bool
    }

    /// What Data Factory says of one run id.
    struct Run: Encodable {
        var runId: String
        /// Absent where it could not be asked.
        var exists: Bool?
        var status: String?
        var runStart: String?
        var runEnd: String?
        var message: String?
        /// Why it could not be asked.
        var problem: String?

        init(_ runID: String, _ run: KnownRun?) {
            runId = runID
            exists = run != nil
            status = run?.status
            runStart = run?.start
            runEnd = run?.end
            message = run?.message
        }

        init(_ runID: String, problem: String) {
            runId = runID
            self.problem = problem
        }
    }

    init(_ entry: ErrorEntry, _ delivery: Delivery, _ runs: [Run]) {
        id = entry.id
        `class` = entry.errorClass
        code = entry.errorCode
        message = entry.errorMessage
        target = entry.target
        publisher = entry.publisher
        failedAt = entry.failedAt?.headerText
        firstFailedAt = entry.firstFailedAt?.headerText
        attempts = entry.attempts
        generation = entry.generation
        readCount = entry.readCount
        properties = delivery.message.properties.named
        headers = (delivery.message.properties.headers?.entries ?? []).map {
            .init(name: $0.key, value: $0.value.shown)
        }
        body = Body(delivery.message.body, byteCount: entry.bodyByteCount)
        self.runs = runs
    }
}

extension EntryReport.Body {
    /// More is not for a terminal.
    private static let limit = 64 << 10

    fileprivate init(_ bytes: [UInt8], byteCount: Int) {
        self.byteCount = byteCount
        isTruncated = bytes.count > Self.limit || bytes.count < byteCount
        let shown = Array(bytes.prefix(Self.limit))
        if String(validating: bytes, as: UTF8.self) != nil {
            // Cut within a character, the last one shows as U+FFFD.
            text = String(decoding: shown, as: UTF8.self)
        } else {
            base64 = Data(shown).base64EncodedString()
        }
    }

    /// Lines for a person; JSON is laid out.
    fileprivate var lines: [String] {
        guard let text else { return base64.map { ["in base64: \($0)"] } ?? [] }
        let bytes = Array(text.utf8)
        let isJSON = !isTruncated && (try? JSONSerialization.jsonObject(with: Data(bytes))) != nil
        return String(decoding: isJSON ? JSONLayout.lines(of: bytes) : bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map { String($0).withoutControls }
    }
}

extension EntryReport {
    /// For a person.
    func text(now: Date) -> String {
        func line(_ name: String, _ value: String?) -> [String] {
            value.map { [name.padding(toLength: 12, withPad: " ", startingAt: 0) + "  " + $0.withoutControls] } ?? []
        }
        func age(_ text: String?) -> String? {
            let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            return text.map { text in
                "\(text) (\(ErrorsTable.age(try? Date(text, strategy: style), now)) ago)"
            }
        }
        var lines = line("id", id) + line("class", `class`) + line("code", code) + line("message", message)
        lines += line("target", target) + line("publisher", publisher) + line("failed", age(failedAt))
        if firstFailedAt != failedAt { lines += line("first failed", age(firstFailedAt)) }
        lines +=
            line("attempts", "\(attempts)") + line("generation", "\(generation)") + line("read", "\(readCount) times")
        lines +=
            ["", "run now"] + (runs.isEmpty ? ["  none can be: its target is not known"] : runs.map { "  \($0.text)" })
        lines +=
            ["", "properties"]
            + properties.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)".withoutControls }
        lines += ["", "headers"] + headers.map { "  \($0.name): \($0.value)".withoutControls }
        let cut = body.isTruncated ? ", not all of it shown" : ""
        lines += ["", "body (\(body.byteCount) bytes\(cut))"] + body.lines.map { "  \($0)" }
        return lines.joined(separator: "\n")
    }
}

extension EntryReport.Run {
    fileprivate var text: String {
        if let problem { return "\(runId): could not be asked: \(problem)".withoutControls }
        guard exists == true else { return "\(runId): no such run" }
        let times = [runStart.map { "began \($0)" }, runEnd.map { "ended \($0)" }, message].compactMap(\.self)
        return "\(runId): \(([status ?? "exists"] + times).joined(separator: ", "))".withoutControls
    }
}
