/// What a service says when it gives no token. Every member may be missing, null or of another type.
struct TokenFailure: Decodable {
    let error: String?
    let description: String?
    let codes: [Int]
    let traceID: String?
    let correlationID: String?
    let timestamp: String?

    private enum CodingKeys: String, CodingKey {
        case error
        case description = "error_description"
        case message
        case codes = "error_codes"
        case traceID = "trace_id"
        case correlationID = "correlation_id"
        case timestamp
    }

    /// App Service's own shape, beside the one of OAuth.
    private struct Nested: Decodable {
        let code: String?
        let message: String?
    }

    init(from decoder: any Decoder) throws {
        let values = try? decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) -> String? {
            let text = try? values?.decodeIfPresent(String.self, forKey: key)
            return text?.isEmpty == false ? text : nil
        }
        let nested = try? values?.decodeIfPresent(Nested.self, forKey: .error)
        error = text(.error) ?? nested?.code
        description = text(.description) ?? text(.message) ?? nested?.message
        let codes = (try? values?.decodeIfPresent([Int].self, forKey: .codes)) ?? []
        self.codes = codes.isEmpty ? Self.codes(in: description) : codes
        traceID = text(.traceID)
        correlationID = text(.correlationID)
        timestamp = text(.timestamp)
    }

    init() {
        error = nil
        description = nil
        codes = []
        traceID = nil
        correlationID = nil
        timestamp = nil
    }

    static func read(_ body: [UInt8]) -> TokenFailure {
        JSONAnswer.decode(TokenFailure.self, from: body) ?? TokenFailure()
    }

    /// `error` decides, as Entra ID's documentation asks; the numbers only keep an answer that says too little from
    /// being taken for a permanent one.
    var isTransient: Bool {
        switch error {
        case "temporarily_unavailable", "server_error": true
        default: Self.areTransient(codes)
        }
    }

    /// Whether one of the numbers is one that the AADSTS reference calls transient.
    static func areTransient(_ codes: [Int]) -> Bool {
        codes.contains { [90_006, 90_012, 90_024, 90_033, 90_055, 90_090].contains($0) }
    }

    /// The number after the text's first `AADSTS`, if it has one.
    static func codes(in text: String?) -> [Int] {
        guard let text, let mark = text.firstRange(of: "AADSTS") else { return [] }
        let digits = text[mark.upperBound...].utf8.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        return Int(String(Substring(digits))).map { [$0] } ?? []
    }

    /// A description's first line without the ids that follow it, which are kept on their own.
    static func summary(of description: String) -> String? {
        guard let line = description.split(whereSeparator: \.isNewline).first else { return nil }
        return String(line[..<(line.firstRange(of: " Trace ID: ")?.lowerBound ?? line.endIndex)])
    }
}
