import RabbitMQ

/// A queue's `x-` arguments, checked and read.
struct QueueArguments {
    enum Kind {
        case classic
        case quorum
    }

    enum Overflow: String {
        case dropHead = "drop-head"
        case rejectPublish = "reject-publish"
        case rejectPublishDeadLetter = "reject-publish-dlx"
    }

    let kind: Kind
    let overflow: Overflow
    let maximumLength: Int?
    let maximumByteCount: Int?
    let messageLife: Duration?
    /// How long it lives unused.
    let queueLife: Duration?
    let deliveryLimit: Int64?
    let deadLetterExchange: String?
    let deadLetterRoutingKey: String?

    /// - Throws: ``Refusal`` with 406 as RabbitMQ words it, and with 540 for what this broker does not have.
    init(_ queue: QueueDeclaration) throws(Refusal) {
        let arguments = queue.arguments
        func invalid(_ name: String, _ what: String) -> Refusal {
            .preconditionFailed("invalid arg '\(name)' for queue '\(queue.name)' in vhost '/': \(what)")
        }
        func number(_ name: String) throws(Refusal) -> Int? {
            guard let value = arguments[name] else { return nil }
            guard let number = value.integer else {
                throw invalid(name, "\"expected integer, got \(value.kindName)\"")
            }
            guard number >= 0 else { throw invalid(name, "{value_negative,\(number)}") }
            return Int(number)
        }
        func text(_ name: String) throws(Refusal) -> String? {
            guard let value = arguments[name] else { return nil }
            guard let text = value.text else { throw invalid(name, "\"expected longstr, got \(value.kindName)\"") }
            return text
        }

        switch try text("x-queue-type") {
        case nil, "classic": kind = .classic
        case "quorum": kind = .quorum
        case "stream": throw .notImplemented("streams")
        case let other?: throw invalid("x-queue-type", "\"unsupported queue type '\(other)'\"")
        }
        if arguments["x-max-priority"] != nil { throw .notImplemented("priority queues") }
        if arguments["x-single-active-consumer"] == true { throw .notImplemented("single active consumer") }

        guard let overflow = Overflow(rawValue: try text("x-overflow") ?? Overflow.dropHead.rawValue) else {
            throw invalid("x-overflow", "invalid_overflow")
        }
        self.overflow = overflow
        maximumLength = try number("x-max-length")
        maximumByteCount = try number("x-max-length-bytes")
        messageLife = try number("x-message-ttl").map { .milliseconds($0) }
        queueLife = try number("x-expires").map { .milliseconds($0) }
        if queueLife == .zero { throw invalid("x-expires", "{value_zero,0}") }
        deliveryLimit = try number("x-delivery-limit").map(Int64.init)
        if deliveryLimit != nil, kind == .classic {
            throw .preconditionFailed(
                "invalid arg 'x-delivery-limit' for queue '\(queue.name)' in vhost '/' of queue type rabbit_classic_queue"
            )
        }
        deadLetterExchange = try text("x-dead-letter-exchange")
        deadLetterRoutingKey = try text("x-dead-letter-routing-key")
        if deadLetterRoutingKey != nil, deadLetterExchange == nil {
            throw invalid("x-dead-letter-routing-key", "routing_key_but_no_dlx_defined")
        }
        guard kind == .quorum else { return }
        let unsuitable: [(Bool, String)] = [
            (!queue.isDurable, "non-durable"), (queue.isAutoDeleted, "auto-delete"),
            (queue.isExclusive, "exclusive-owner"),
        ]
        if let (_, property) = unsuitable.first(where: { $0.0 }) {
            throw .preconditionFailed("invalid property '\(property)' for queue '\(queue.name)' in vhost '/'")
        }
    }
}

extension QueueDeclaration {
    /// The arguments that must be the same when a queue is declared again; RabbitMQ ignores any other.
    private static let comparedArguments = [
        "x-expires", "x-message-ttl", "x-dead-letter-exchange", "x-dead-letter-routing-key",
        "x-dead-letter-strategy", "x-max-length", "x-max-length-bytes", "x-max-in-memory-length",
        "x-max-in-memory-bytes", "x-overflow", "x-queue-mode", "x-queue-type", "x-delivery-limit",
    ]

    /// Throws ``Refusal`` with 406 unless both describe the same queue.
    func checkEquivalence(to existing: QueueDeclaration) throws(Refusal) {
        let name = "queue '\(name)'"
        try Equivalence.check("durable", of: name, isDurable, existing.isDurable)
        try Equivalence.check("auto_delete", of: name, isAutoDeleted, existing.isAutoDeleted)
        for key in Self.comparedArguments {
            // Classic is what a queue is that does not say.
            let fallback: FieldValue? = key == "x-queue-type" ? "classic" : nil
            guard (arguments[key] ?? fallback) != (existing.arguments[key] ?? fallback) else { continue }
            try Equivalence.check(key, of: name, arguments[key], existing.arguments[key])
        }
    }
}

extension ExchangeDeclaration {
    /// Throws ``Refusal`` with 406 unless both describe the same exchange.
    func checkEquivalence(to existing: ExchangeDeclaration) throws(Refusal) {
        let name = "exchange '\(name)'"
        try Equivalence.check("type", of: name, .string(kind.name), .string(existing.kind.name))
        try Equivalence.check("durable", of: name, isDurable, existing.isDurable)
        try Equivalence.check("auto_delete", of: name, isAutoDeleted, existing.isAutoDeleted)
        try Equivalence.check("internal", of: name, isInternal, existing.isInternal)
        let key = "alternate-exchange"
        try Equivalence.check(key, of: name, arguments[key], existing.arguments[key])
    }
}

/// RabbitMQ's comparison of what is declared with what is there, in its words.
private enum Equivalence {
    static func check(_ key: String, of name: String, _ received: Bool, _ current: Bool) throws(Refusal) {
        try check(key, of: name, .bool(received), .bool(current))
    }

    static func check(
        _ key: String,
        of name: String,
        _ received: FieldValue?,
        _ current: FieldValue?
    ) throws(Refusal) {
        let difference: String
        switch (received, current) {
        case (nil, nil): return
        case (let received?, let current?):
            guard !received.isEquivalent(to: current) else { return }
            difference = "received '\(received.words)' but current is '\(current.words)'"
        default:
            func words(_ value: FieldValue?) -> String {
                value.map { "the value '\($0.words)' of type '\($0.kindName)'" } ?? "none"
            }
            difference = "received \(words(received)) but current is \(words(current))"
        }
        throw .preconditionFailed("inequivalent arg '\(key)' for \(name) in vhost '/': \(difference)")
    }
}
