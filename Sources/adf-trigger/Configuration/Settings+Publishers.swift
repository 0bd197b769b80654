internal import RabbitMQ
internal import TriggerWorker

/// Who publishes requests, and what they call them.
extension IdentitySource {
    /// Whose names they are.
    private enum Scope: String, CaseIterable {
        /// Nobody's: a name means the same whoever uses it.
        case none
        /// Each publisher's own.
        case user = "user-id"
    }

    /// Reads `requests.identity` and `requests.identityScope`.
    init(_ reader: inout SettingsReader) {
        self.init(isPerPublisher: reader.choice(.identityScope, default: Scope.none) == .user)
        switch reader.text(.identity) {
        case nil, "message-id": property = .messageID
        case "correlation-id": property = .correlationID
        case let text?:
            let name = text.hasPrefix("header:") ? String(text.dropFirst("header:".count)) : ""
            if name.isEmpty || name.utf8.count > 255 {
                reader.fault(.identity, "\"\(text)\" is none of: message-id, correlation-id, header:NAME")
            } else if Self.isChangedByCopies(name) {
                reader.fault(.identity, "header \(name) is one that workers or the broker write themselves")
            }
            property = .header(name)
        }
    }

    private static func isChangedByCopies(_ name: String) -> Bool {
        let ours = ErrorHeader.ofDiagnosis + RequestHeader.ofLife
        return ours.contains(name)
            || [
                "BCC", "CC", ErrorHeader.firstFailedAt, RequestHeader.generation, RequestHeader.requestID,
                "traceparent", "x-death", "x-delivery-count",
            ].contains(name)
            || ["origin-", "x-first-death-", "x-last-death-"].contains { name.hasPrefix($0) }
    }
}

extension CopyTrust {
    /// Reads `amqp.user` and `requests.trustedUsers`; nil, and perhaps a fault, where our own login is not known.
    init?(_ reader: inout SettingsReader, _ brokers: [ConnectionConfiguration]) {
        guard let broker = brokers.first else { return nil }
        let isTold = brokers.allSatisfy { broker in
            broker.user == brokers[0].user && broker.authentication == .plain
                && [nil, .plain].contains(broker.fallbackAuthentication)
        }
        guard let user = reader.text(.amqpUser) ?? (isTold ? broker.user : nil) else {
            reader.fault(
                .amqpUser,
                "must be set, since it matters who publishes requests and amqp.url does not say for certain who we are: "
                    + "give the name under which the broker knows this login"
            )
            return nil
        }
        self.init(user: user, others: reader.names(.trustedUsers) ?? [])
    }
}

extension Policy {
    /// Reads who may start what: `policy.publishers`, and `publishers` of the targets.
    mutating func readPublishers(_ reader: inout SettingsReader, _ file: ConfigurationFile) {
        if let names = reader.names(.policyPublishers) {
            if names.isEmpty { reader.fault(.policyPublishers, "names nobody; leave it out to let everybody") }
            publishers.others = PublisherRules.Group(names)
        }
        for (alias, target) in aliases.sorted(by: { $0.key < $1.key }) {
            let group = file.publishers[alias].map { PublisherRules.Group($0) } ?? publishers.others
            if !publishers.set(group, for: target) {
                reader.fault("targets.\(alias): another alias of the same pipeline has other publishers")
            }
        }
    }
}
