#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What a token endpoint says when it gives none. Every member may be missing, null or of another type.
struct TokenFailure: Decodable {
    let error: String?
    let description: String?
    let codes: [Int]
    let traceID: String?
    let correlationID: String?

    private enum CodingKeys: String, CodingKey {
        case error
        case description = "error_description"
        case codes = "error_codes"
        case traceID = "trace_id"
        case correlationID = "correlation_id"
    }

    init(from decoder: any Decoder) throws {
        let values = try? decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) -> String? {
            let text = try? values?.decodeIfPresent(String.self, forKey: key)
            return text?.isEmpty == false ? text : nil
        }
        error = text(.error)
        description = text(.description)
        codes = (try? values?.decodeIfPresent([Int].self, forKey: .codes)) ?? []
        traceID = text(.traceID)
        correlationID = text(.correlationID)
    }

    init() {
        error = nil
        description = nil
        codes = []
        traceID = nil
        correlationID = nil
    }

    static func read(_ body: [UInt8]) -> TokenFailure {
        (try? JSONDecoder().decode(TokenFailure.self, from: Data(body))) ?? TokenFailure()
    }

    /// `error` decides, as Entra ID's documentation asks; the numbers only keep an answer that says too little from
    /// being taken for a permanent one. They are those the AADSTS reference calls transient.
    var isTransient: Bool {
        switch error {
        case "temporarily_unavailable", "server_error": true
        default: codes.contains { [90_006, 90_012, 90_024, 90_033, 90_055, 90_090].contains($0) }
        }
    }

    /// The first line of the description, at most 1 KiB; the ids that follow it are kept on their own.
    var summary: String? {
        guard let line = description?.split(whereSeparator: \.isNewline).first else { return nil }
        return BoundedText.cut(String(line), toBytes: 1024)
    }
}
