internal import FoundationEssentials
internal import RabbitMQ
internal import TriggerWorker

/// A request that is put back for later: the message as it came, with what its next holder must know.
struct PostponedCopy {
    /// The message, and the same without the publisher's headers, for when all of them do not fit one frame.
    let forms: [Message]
    /// The same for when the broker may have the first already, so that two of them may be at large. Its holder waits
    /// until a call of the other's can't be under way, and looks for its run, before it starts one.
    let twins: [Message]

    /// - Parameters:
    ///   - source: What names a request; a copy without its publisher's headers keeps that.
    ///   - trust: Whose word counts for who published it.
    init(
        _ delivery: Delivery,
        _ postponement: Postponement,
        as identity: RequestIdentity,
        from source: IdentitySource = IdentitySource(),
        trust: CopyTrust? = nil
    ) {
        let headers = Self.headers(postponement, identity)
        var properties = Republication.properties(of: delivery, adding: headers, trust: trust)
        // What an earlier copy said and is true no more.
        properties.headers?.entries.removeAll { RequestHeader.ofLife.contains($0.key) && headers[$0.key] == nil }
        let reduced = properties.reduced(
            to: headers,
            keeping: [
                RequestHeader.generation, RequestHeader.requestID, "traceparent", CopyTrust.header, source.header,
            ],
            upTo: 256
        )
        forms = [properties, reduced].map { Message(properties: $0, body: delivery.message.body) }
        twins = forms.map { form in
            var twin = form
            twin.properties.headers?[RequestHeader.twin] = .int64(Int64(postponement.history.nextTwinWaits + 1))
            return twin
        }
    }

    private static func headers(_ postponement: Postponement, _ identity: RequestIdentity) -> FieldTable {
        let history = postponement.history
        var headers: FieldTable = [
            RequestHeader.postponed: .string(postponement.reason.rawValue),
            RequestHeader.attempts: .int64(Int64(history.attempts)),
            RequestHeader.steps: .int64(Int64(history.steps)),
            RequestHeader.budgetWaits: .int64(Int64(history.budgetWaits)),
            RequestHeader.deliveries: .int64(Int64(history.deliveries)),
            RequestHeader.inDoubt: .bool(history.isInDoubt),
        ]
        if !identity.isIdentified { headers[RequestHeader.requestID] = .string(identity.text) }
        if history.nextTwinWaits > 0 { headers[RequestHeader.twin] = .int64(Int64(history.nextTwinWaits)) }
        headers[RequestHeader.pausedSince] = history.pausedSince.map { .string($0.ISO8601Format()) }
        headers[RequestHeader.calledUntil] = history.calledUntil.map { .string($0.ISO8601Format()) }
        headers[RequestHeader.verdict] = history.verdict.map { .string($0.rawValue) }
        headers[RequestHeader.lastErrorCode] = history.lastFailure.map { .string($0.code) }
        headers[RequestHeader.lastErrorMessage] = history.lastFailure.map {
            .string($0.message.truncated(toByteCount: 1024))
        }
        return headers
    }
}

extension RequestHistory {
    /// Reads what is known of a delivery. Publishers can write these headers too: whatever stands there is bounded, and
    /// harms nobody but their own request.
    ///
    /// - Parameter deliveryLimit: How often the queue hands a message out before the broker gives up on it.
    init(_ delivery: Delivery, deliveryLimit: Int) {
        let headers = delivery.message.properties.headers ?? [:]
        func count(_ name: String) -> Int { Int(clamping: min(max(headers[name]?.integer ?? 0, 0), 1_000_000)) }
        self.init()
        isRedelivered = delivery.isRedelivered
        deliveries = count("x-delivery-count") + count(RequestHeader.deliveries)
        wasPostponed = headers[RequestHeader.postponed] != nil
        attempts = count(RequestHeader.attempts)
        steps = count(RequestHeader.steps)
        budgetWaits = count(RequestHeader.budgetWaits)
        generation = count(RequestHeader.generation)
        isInDoubt = headers[RequestHeader.inDoubt] == .bool(true)
        twinWaits = min(count(RequestHeader.twin), Self.twinWaitLimit + 1)
        func date(_ name: String) -> Date? { headers[name]?.text.flatMap { try? Date($0, strategy: .iso8601) } }
        pausedSince = date(RequestHeader.pausedSince)
        // It has been waited out.
        calledUntil = date(RequestHeader.calledUntil).map { min($0, Date()) }
        verdict = headers[RequestHeader.verdict]?.text.flatMap { ErrorClass(rawValue: $0) }.flatMap { verdict in
            [.expired, .poisoned].contains(verdict) ? verdict : nil
        }
        if let code = headers[RequestHeader.lastErrorCode]?.text {
            let message = headers[RequestHeader.lastErrorMessage]?.text ?? ""
            lastFailure = StartFailure(.notStarted, code: code, message: message)
        }
        // One delivery is left: the last is for saying so.
        if deliveries >= deliveryLimit - 1 { verdict = .poisoned }
    }

    /// The same for what the broker itself has given up on.
    ///
    /// - Parameter queue: The request queue, for telling which of the message's deaths was there.
    init(dead delivery: Delivery, requestQueue queue: String) {
        self.init(delivery, deliveryLimit: .max)
        verdict = Self.death(delivery, at: queue) == "expired" ? .expired : .poisoned
        // Its last holder may have gone a moment ago, and of that the broker says nothing any more.
        isRedelivered = true
    }

    /// Why it died at the request queue. Its first death may have been at a delay queue, where all die.
    private static func death(_ delivery: Delivery, at queue: String) -> String? {
        guard case .array(let deaths)? = delivery.message.properties.headers?["x-death"] else { return nil }
        for case .table(let death) in deaths where death["queue"]?.text == queue { return death["reason"]?.text }
        return nil
    }
}
