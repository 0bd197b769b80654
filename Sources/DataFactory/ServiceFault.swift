internal import AzureIdentity

/// The error in the body of an answer, in either of the shapes Azure sends, as far as it can be read.
struct ServiceFault {
    /// What is kept of each text: enough to understand, small enough to log and to send on.
    static let textLimit = 2048
    /// What is kept of a code, which is one word.
    static let codeLimit = 256
    static let detailLimit = 10

    let code: String?
    let message: String?
    let target: String?
    let details: [DataFactoryError.Detail]

    /// `{"error": {…}}`, or the same members without the envelope. HTML, nothing, and bytes that are no UTF-8 leave
    /// every member nil.
    init(body: [UInt8]) {
        let envelope = body.isEmpty ? nil : JSONAnswer.decode(Envelope.self, from: body)
        let members = envelope?.error ?? envelope?.flat
        code = members?.code
        message = members?.message
        target = members?.target
        details = (members?.details ?? []).prefix(Self.detailLimit).map {
            DataFactoryError.Detail(code: $0.code, message: $0.message, target: $0.target)
        }
    }

    private struct Envelope: Decodable {
        let error: Members?
        let flat: Members?

        private enum CodingKeys: String, CodingKey { case error }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            error = try? values.decodeIfPresent(Members.self, forKey: .error)
            flat = error == nil ? try? Members(from: decoder) : nil
        }
    }

    private struct Members: Decodable {
        let code: String?
        let message: String?
        let target: String?
        let details: [Part]

        private enum CodingKeys: String, CodingKey { case details }

        init(from decoder: any Decoder) throws {
            let part = try Part(from: decoder)
            code = part.code
            message = part.message
            target = part.target
            let values = try decoder.container(keyedBy: CodingKeys.self)
            details = (try? values.decodeIfPresent([Part].self, forKey: .details)) ?? []
        }
    }

    /// Details have details in turn, by the specification. They are not followed: a body must not say how deep the
    /// reader's stack grows.
    private struct Part: Decodable {
        let code: String?
        let message: String?
        let target: String?

        private enum CodingKeys: String, CodingKey { case code, message, target }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            func text(_ key: CodingKeys, _ limit: Int = ServiceFault.textLimit) -> String? {
                guard let text = try? values.decodeIfPresent(String.self, forKey: key), !text.isEmpty else {
                    return nil
                }
                return BoundedText.cut(text, toBytes: limit)
            }
            code = text(.code, ServiceFault.codeLimit)
            message = text(.message)
            target = text(.target)
        }
    }
}
