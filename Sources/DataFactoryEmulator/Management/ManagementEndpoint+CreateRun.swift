import HTTPTypes
import NIOConcurrencyHelpers

extension ManagementEndpoint {
    /// `POST …/pipelines/{pipeline}/createRun`.
    /// - Parameter commitDelay: the run appears only so much later.
    func createRun(
        _ exchange: Exchange,
        _ address: FactoryAddress,
        pipeline name: String,
        commitDelay: Duration?
    ) -> Answer {
        let answer = respond(exchange, address, .createRun, known: keptRefusal(exchange)) {
            factory throws(ManagementError) in
            let order = try order(exchange, factory, pipeline: name)
            let now = clock.now()
            if let commitDelay {
                ledger.withLockedValue { $0.start(order, after: commitDelay, at: now) }
                return Answer(status: 200)
            }
            return Self.accepted(try ledger.withLockedValue { $0.start(order, at: now) }.get())
        }
        keepRefusal(answer, exchange)
        return answer
    }

    /// Keeps a refusal for the next call with the same client request id, where the scenario wants that. What says
    /// nothing about the call itself is not kept: a missing token, a time-out, throttling.
    func keepRefusal(_ answer: Answer, _ exchange: Exchange) {
        guard (400..<500).contains(answer.status), ![401, 408, 429].contains(answer.status),
            let id = exchange.clientRequestID
        else { return }
        let bare = Answer(status: answer.status, headers: ManagementError.contentHeaders, body: answer.body)
        ledger.withLockedValue { $0.keepRefusal(bare, for: id) }
    }

    private func keptRefusal(_ exchange: Exchange) -> Answer? {
        guard let id = exchange.clientRequestID else { return nil }
        return ledger.withLockedValue { $0.refusal(for: id) }
    }

    private func order(
        _ exchange: Exchange,
        _ factory: FactoryEntry,
        pipeline name: String
    ) throws(ManagementError) -> RunOrder {
        let pipeline = try factory.pipeline(name)
        let options = try RunOptions(exchange.target.query, pipeline: pipeline.definition.name)
        // A repeated id is recognised before its body is looked at.
        if let id = exchange.clientRequestID, isKnown(id) {
            return RunOrder(factory: factory, pipeline: pipeline, clientRequestID: exchange.clientRequestIDText)
        }
        let given = try GivenParameters(exchange.body, for: pipeline.definition)
        var order = RunOrder(factory: factory, pipeline: pipeline, clientRequestID: exchange.clientRequestIDText)
        order.received = given.received
        order.parameters = given.received
        order.options = options
        if let reference = options.referenceRunID {
            let now = clock.now()
            let referenced = ledger.withLockedValue { $0.run(reference, in: factory, at: now) }
            guard let referenced else { throw .unknownReference(reference.description) }
            order.parameters = referenced.parameters
            if options.isRecovery { order.groupID = referenced.groupID }
        } else if let violation = given.violation {
            guard parameterCheck == .lenient else {
                throw .badRequest(violation, target: "pipeline/\(pipeline.definition.name)/")
            }
            order.failure = violation
        }
        return order
    }

    private func isKnown(_ id: GUID) -> Bool {
        let now = clock.now()
        return ledger.withLockedValue { $0.isKnown(id, at: now) }
    }

    // The recorded answer of the service: indented, with CRLF, 48 bytes.
    private static func accepted(_ runID: String) -> Answer {
        let body = Array("{\r\n  \"runId\": \"\(runID)\"\r\n}".utf8)
        return Answer(status: 200, headers: ManagementError.contentHeaders, body: body)
    }
}

extension Exchange {
    /// The client request id as it was written.
    var clientRequestIDText: String? { headers[.clientRequestID] }

    /// The client request id, if it is a GUID.
    var clientRequestID: GUID? { clientRequestIDText.flatMap { GUID($0) } }
}
