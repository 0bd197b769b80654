import HTTPTypes

/// A body other than the one an answer should have.
package enum BodyShape: String, Sendable, CaseIterable {
    /// An error without the object around it: `{"code":…,"message":…,"error":null}`.
    case flat
    /// An error whose message is null.
    case nullMessage = "null-message"
    /// No body.
    case empty
    /// Plain text.
    case text
    /// A proxy's page.
    case html
    /// A JSON object without members.
    case object

    /// Those an error can have.
    static let ofErrors: [BodyShape] = [.flat, .nullMessage, .empty, .text]
    /// Those a success can have.
    static let ofSuccesses: [BodyShape] = [.empty, .text, .html, .object]

    /// A page such as a proxy answers with.
    static let page = """
        <html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1>\
        <p>The proxy got no usable answer from the server behind it.</p></body></html>
        """

    /// Gives an answer this body.
    func apply(to answer: inout Answer) {
        switch self {
        case .flat:
            rewriteError(&answer) { output, members, document in
                output.object { output in
                    for name in ["code", "message", "target", "details"] {
                        Self.member(name, members, document, &output)
                    }
                    output.member("error", nil)
                }
            }
        case .nullMessage:
            rewriteError(&answer) { output, members, document in
                output.object { output in
                    output.member("error") { output in
                        output.object { output in
                            for member in members {
                                if member.name == "message" {
                                    output.member("message", nil)
                                } else {
                                    Self.member(member.name, members, document, &output)
                                }
                            }
                        }
                    }
                }
            }
        case .empty:
            answer.body = []
            answer.headers[.contentType] = nil
        case .text: replace(&answer, "The service is busy.", type: "text/plain; charset=utf-8")
        case .html: replace(&answer, Self.page, type: "text/html; charset=utf-8")
        case .object: replace(&answer, "{}", type: "application/json; charset=utf-8")
        }
    }

    private func replace(_ answer: inout Answer, _ body: String, type: String) {
        answer.body = Array(body.utf8)
        answer.headers[.contentType] = type
    }

    /// Writes an error body of ARM's anew; any other body stays.
    private func rewriteError(
        _ answer: inout Answer,
        write: (inout JSONOutput, [JSONMember], JSONDocument) -> Void
    ) {
        guard let document = try? JSONDocument(answer.body), case .object(let outer) = document.root.kind,
            let error = outer.first(where: { $0.name == "error" })?.value, case .object(let members) = error.kind
        else { return }
        var output = JSONOutput()
        write(&output, members, document)
        answer.body = output.bytes
    }

    private static func member(
        _ name: String,
        _ members: [JSONMember],
        _ document: JSONDocument,
        _ output: inout JSONOutput
    ) {
        output.member(name) { output in
            if let value = members.first(where: { $0.name == name })?.value {
                output.raw(document.slice(of: value))
            } else {
                output.null()
            }
        }
    }
}
