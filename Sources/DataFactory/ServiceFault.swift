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
    ///
    /// - Parameter secret: What no text may repeat. ARM repeats no token; whatever else may stand at its address might,
    ///   and in JSON's escapes, so it is looked for in the texts as they are read, before they are cut.
    init(body: [UInt8], without secret: Secret) {
        func clean(_ text: String?, _ limit: Int = Self.textLimit) -> String? {
            text.map { BoundedText.cut(secret.redacted(from: $0), toBytes: limit) }
        }
        let envelope = body.isEmpty ? nil : JSONAnswer.decode(Envelope.self, from: body)
        let members = envelope?.error ?? envelope?.flat
        code = clean(members?.code, Self.codeLimit)
        message = clean(members?.message)
        target = clean(members?.target)
        details = (members?.details ?? []).prefix(Self.detailLimit).map {
            DataFactoryError.Detail(
                code: clean($0.code, Self.codeLimit),
                message: clean($0.message),
                target: clean($0.target)
            )
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
            func text(_ key: CodingKeys) -> String? {
                let text = try? values.decodeIfPresent(String.self, forKey: key)
                return text?.isEmpty == false ? text : nil
            }
            code = text(.code)
            message = text(.message)
            target = text(.target)
        }
    }
}
