/// Why the broker closes a channel, or the whole connection, in RabbitMQ's own codes and words.
struct Refusal: Error, Equatable {
    /// What is closed.
    enum Scope {
        case channel
        case connection
    }

    var scope: Scope = .channel
    var code: UInt16
    var text: String

    static func missingQueue(_ name: String) -> Refusal {
        Refusal(code: 404, text: "NOT_FOUND - no queue '\(name)' in vhost '/'")
    }

    static func missingExchange(_ name: String) -> Refusal {
        Refusal(code: 404, text: "NOT_FOUND - no exchange '\(name)' in vhost '/'")
    }

    static func accessRefused(_ text: String) -> Refusal {
        Refusal(code: 403, text: "ACCESS_REFUSED - \(text)")
    }

    static var defaultExchange: Refusal { accessRefused("operation not permitted on the default exchange") }

    static func reservedName(_ name: String, of kind: String) -> Refusal {
        accessRefused("\(kind) name '\(name)' contains reserved prefix 'amq.*'")
    }

    static func locked(queue: String) -> Refusal {
        Refusal(
            code: 405,
            text: "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '\(queue)' in vhost '/'."
                + " It could be originally declared on another connection or the exclusive property value does not match"
                + " that of the original declaration."
        )
    }

    static func preconditionFailed(_ text: String) -> Refusal {
        Refusal(code: 406, text: "PRECONDITION_FAILED - \(text)")
    }

    /// For what a real node has and this one has not: silence would let a test pass that means nothing.
    static func notImplemented(_ what: String) -> Refusal {
        Refusal(code: 540, text: "NOT_IMPLEMENTED - the in-memory broker has no \(what)")
    }

    static func connectionError(_ code: UInt16, _ text: String) -> Refusal {
        Refusal(scope: .connection, code: code, text: text)
    }
}
