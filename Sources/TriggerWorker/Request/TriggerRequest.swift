package import FoundationEssentials

/// A request whose message could be read: the contract's version 1. Of reference type, for it is handed on at every step.
package final class TriggerRequest: Sendable {
    /// Who asks.
    package let identity: RequestIdentity
    /// What to start, as the requester named it.
    package let target: RequestedTarget
    /// The parameters: a JSON object, byte for byte as it came, checked. `{}` where the request has none.
    package let parameters: [UInt8]
    /// Data Factory's options.
    package let options: StartOptions
    /// When it is too late to start.
    package let deadline: Date?

    /// Reads a message.
    ///
    /// - Parameter bodyLimit: The largest body accepted, in bytes.
    /// - Throws: ``RequestError`` of class `malformed`, with the place and what must stand there.
    package convenience init(
        _ message: RequestMessage,
        identity: RequestIdentity,
        bodyLimit: Int
    ) throws(RequestError) {
        try Self.checkEnvelope(message, bodyLimit: bodyLimit)
        do {
            try self.init(body: message.body, identity: identity)
        } catch {
            throw RequestError(
                .malformed,
                code: "InvalidBody",
                (error.path.isEmpty ? "the body " : "in the body, ") + error.text
            )
        }
    }

    private static func checkEnvelope(_ message: RequestMessage, bodyLimit: Int) throws(RequestError) {
        // A repaired text: two broken ids would look like one, and the second request would be lost.
        guard !message.messageID.isRepaired else {
            throw RequestError(.malformed, code: "InvalidMessageID", "the message-id is not valid UTF-8")
        }
        try checkText(message.correlationID, of: "correlation-id")
        try checkText(message.replyTo, of: "reply-to")
        try checkText(message.publisher, of: "user-id")
        try checkIdentity(message)
        guard message.bodyByteCount <= bodyLimit else {
            throw RequestError(
                .malformed,
                code: "BodyTooLarge",
                "the body has \(message.bodyByteCount) bytes, and at most \(bodyLimit) are accepted; "
                    + "pass large data by reference"
            )
        }
        guard message.contentType.isJSON else {
            throw RequestError(
                .malformed,
                code: "UnsupportedContentType",
                "the content-type is \"\(message.contentType ?? "")\", and must be application/json or absent"
            )
        }
        if let encoding = message.contentEncoding?.lowercased(), !["", "identity", "utf-8"].contains(encoding) {
            throw RequestError(
                .malformed,
                code: "UnsupportedContentEncoding",
                "the content-encoding is \"\(encoding)\"; send the body as plain UTF-8"
            )
        }
    }

    private static func checkText(_ text: String?, of property: String) throws(RequestError) {
        guard !text.isRepaired else {
            throw RequestError(.malformed, code: "InvalidProperty", "the \(property) is not valid UTF-8")
        }
    }

    private static func checkIdentity(_ message: RequestMessage) throws(RequestError) {
        guard let name = message.name, !name.isEmpty else { return }
        let source = message.identitySource
        guard !message.name.isRepaired, name.utf8.count <= IdentitySource.nameByteLimit else {
            throw RequestError(
                .malformed,
                code: "InvalidIdentity",
                "the \(source), by which requests are told apart, must be valid UTF-8 or a whole number, "
                    + "of at most \(IdentitySource.nameByteLimit) bytes"
            )
        }
        // Without its publisher it might be taken for somebody else's, and without its name be served twice; both
        // would go unnoticed.
        guard !source.isPerPublisher || message.publisher != nil else {
            throw RequestError(
                .malformed,
                code: "NoPublisher",
                "the \(source) tells apart the requests of one publisher only, and the broker vouches for none here: "
                    + "set the property user-id to the name you log in with, and no header origin-user-id"
            )
        }
    }

    private init(body: [UInt8], identity: RequestIdentity) throws(JSONScanner.Failure) {
        var scanner = try JSONScanner(body)
        var target: RequestedTarget?
        var parameters: [UInt8]?
        var options = StartOptions()
        var deadline: Date?
        try scanner.object(nameByteLimit: Target.nameByteLimit) { (scanner, name) throws(JSONScanner.Failure) in
            switch name {
            case "target": target = try scanner.target()
            case "parameters":
                try scanner.expect(.object)
                parameters = Array(try scanner.raw())
            case "options": options = try scanner.options()
            case "deadline": deadline = try scanner.date()
            default: throw scanner.unknown("target, parameters, options and deadline")
            }
        }
        try scanner.end()
        guard let target else { throw scanner.failure("has no member \"target\"") }
        self.identity = identity
        self.target = target
        self.parameters = parameters ?? Array("{}".utf8)
        self.options = options
        self.deadline = deadline
    }
}

extension JSONScanner {
    fileprivate func unknown(_ known: String) -> Failure {
        failure("is not a member of the contract, which has \(known)")
    }

    fileprivate mutating func target() throws(Failure) -> RequestedTarget {
        switch try kind() {
        case .string:
            let start = self
            let text = try string()
            guard text.utf8.first == UInt8(ascii: "/") else {
                guard !text.isEmpty else { throw start.failure("must not be empty") }
                return .alias(text)
            }
            guard let target = Target(resourceID: text) else {
                throw start.failure(
                    "must be an alias or /subscriptions/…/resourceGroups/…/providers/Microsoft.DataFactory/factories/…/pipelines/…"
                )
            }
            return .resource(target)
        case .object:
            var subscriptionID: String?
            var resourceGroup: String?
            var factory: String?
            var pipeline: String?
            try object(nameByteLimit: Target.nameByteLimit) { (scanner, name) throws(Failure) in
                switch name {
                case "subscriptionId": subscriptionID = try scanner.string()
                case "resourceGroup": resourceGroup = try scanner.string()
                case "factory": factory = try scanner.string()
                case "pipeline": pipeline = try scanner.string()
                default: throw scanner.unknown("subscriptionId, resourceGroup, factory and pipeline")
                }
            }
            return .parts(
                subscriptionID: subscriptionID,
                resourceGroup: resourceGroup,
                factory: factory,
                pipeline: pipeline
            )
        case let other: throw failure("must be a string or an object, not \(other.rawValue)")
        }
    }

    fileprivate mutating func options() throws(Failure) -> StartOptions {
        var options = StartOptions()
        try object(nameByteLimit: Target.nameByteLimit) { (scanner, name) throws(Failure) in
            switch name {
            case "referencePipelineRunId": options.referencePipelineRunID = try scanner.string()
            case "isRecovery": options.isRecovery = try scanner.boolean()
            case "startActivityName": options.startActivityName = try scanner.string()
            case "startFromFailure": options.startFromFailure = try scanner.boolean()
            default:
                throw scanner.unknown("referencePipelineRunId, isRecovery, startActivityName and startFromFailure")
            }
        }
        return options
    }

    fileprivate mutating func date() throws(Failure) -> Date {
        let start = self
        guard let date = Date(rfc3339: try string()) else {
            throw start.failure("must be a date and time with a zone, such as 2026-11-22T06:00:00Z")
        }
        return date
    }
}

extension Date {
    /// Foundation's own reader lets 30 February, 25 o'clock and trailing text pass, so the form is checked before and
    /// the date is compared after.
    fileprivate init?(rfc3339 text: String) {
        let form = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:[0-5]\d)/.asciiOnlyDigits()
        let style = ISO8601FormatStyle()
        guard let (_, local, fraction, zone) = text.uppercased().wholeMatch(of: form)?.output,
            let asUTC = try? style.parse(local + "Z"), style.format(asUTC) == local + "Z",
            let date = try? style.parse(String(local + zone))
        else { return nil }
        self = date + (fraction.flatMap { Double("0" + $0) } ?? 0)
    }
}

extension String? {
    /// Looked for among scalars: in text it would hide in one character with a mark behind it.
    fileprivate var isRepaired: Bool {
        // EF BF BD, and few texts hold an EF.
        guard let self, self.hasBytes(where: { $0 == 0xEF }) else { return false }
        return self.unicodeScalars.contains("\u{FFFD}")
    }

    /// Whether a body of this content type is JSON; one that has none is.
    fileprivate var isJSON: Bool {
        guard let self, self != "application/json" else { return true }
        return self.prefix { $0 != ";" }.trimmingSpaces.lowercased() == "application/json"
    }
}

extension StringProtocol {
    fileprivate var trimmingSpaces: String {
        var text = Substring(self)
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
