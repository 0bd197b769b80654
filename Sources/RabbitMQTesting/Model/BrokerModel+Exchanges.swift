import RabbitMQ

/// Exchanges, and what leads from them to queues.
extension BrokerModel {
    mutating func declare(_ declaration: ExchangeDeclaration, isPassive: Bool) throws(Refusal) {
        guard !declaration.name.isEmpty else { throw .defaultExchange }
        if let existing = exchanges[declaration.name] {
            if !isPassive { try declaration.checkEquivalence(to: existing.declaration) }
            return
        }
        guard !isPassive else { throw .missingExchange(declaration.name) }
        guard [.direct, .fanout, .headers, .topic].contains(declaration.kind) else {
            throw .connectionError(503, "COMMAND_INVALID - unknown exchange type '\(declaration.kind.name)'")
        }
        guard !declaration.name.hasPrefix("amq.") else { throw .reservedName(declaration.name, of: "exchange") }
        exchanges[declaration.name] = Exchange(declaration: declaration)
    }

    /// Deletes an exchange; one that is not there is deleted enough.
    mutating func deleteExchange(_ name: String) throws(Refusal) {
        guard !name.isEmpty else { throw .defaultExchange }
        guard Exchange.predeclared[name] == nil else {
            throw .accessRefused("deletion of system exchange '\(name)' in vhost '/' not allowed")
        }
        exchanges[name] = nil
    }

    mutating func bind(_ binding: QueueBinding, by id: SessionID) throws(Refusal) {
        guard !binding.exchange.isEmpty else { throw .defaultExchange }
        guard let exchange = exchanges[binding.exchange] else { throw .missingExchange(binding.exchange) }
        _ = try queue(binding.queue, for: id)
        if exchange.declaration.kind == .headers, let kind = binding.arguments["x-match"]?.text,
            !HeaderMatch.kinds.contains(kind)
        {
            throw .preconditionFailed(
                "Invalid x-match field value <<\"\(kind)\">>; expected all, any, all-with-x, or any-with-x"
            )
        }
        if !exchange.bindings.contains(binding) { exchanges[binding.exchange]?.bindings.append(binding) }
    }

    /// Ends a binding; one that is not there is ended enough.
    mutating func unbind(_ binding: QueueBinding, by id: SessionID) throws(Refusal) {
        guard !binding.exchange.isEmpty else { throw .defaultExchange }
        if queues[binding.queue] != nil { _ = try queue(binding.queue, for: id) }
        removeBindings(of: binding.exchange) { $0 == binding }
    }

    /// Removes bindings, and the exchange with its last one if it wants that.
    mutating func removeBindings(of name: String, where isMeant: (QueueBinding) -> Bool) {
        guard let exchange = exchanges[name], exchange.bindings.contains(where: isMeant) else { return }
        exchanges[name]?.bindings.removeAll(where: isMeant)
        if exchange.declaration.isAutoDeleted, exchanges[name]?.bindings.isEmpty == true { exchanges[name] = nil }
    }

    // MARK: - Routing

    /// The queues a message goes to from an exchange, each once.
    func route(_ exchange: String, _ routingKeys: [String], _ headers: FieldTable?) -> [String] {
        guard !exchange.isEmpty else { return routingKeys.filter { queues[$0] != nil }.uniqued() }
        var name: String? = exchange
        // Alternates may lead in a circle.
        var passed: Set<String> = []
        while let current = name, let exchange = exchanges[current], passed.insert(current).inserted {
            let found = exchange.route(routingKeys, headers).filter { queues[$0] != nil }.uniqued()
            if !found.isEmpty { return found }
            name = exchange.alternate
        }
        return []
    }
}

extension [String] {
    /// Each once, where it came first.
    fileprivate func uniqued() -> [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
