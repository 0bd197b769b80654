/// The answer to one request.
package struct Reply: Sendable {
    /// The body: one JSON object.
    package let body: [UInt8]
    /// The request's correlation id, or its message id where it had none.
    package let correlationID: String?
    /// Header `outcome`.
    package let outcome: Outcome
    /// Header `traceparent`, as it came.
    package let traceparent: String?
    /// The request's identity, for whoever finds the reply where it could not be delivered.
    package let requestID: String
    /// Whose identity that is, where publishers may use the same for different requests.
    package let publisher: String?
    /// The run, where there is one.
    package let runID: String?

    /// The same for every reply to the same request; fits AMQP's short string.
    package var messageID: String {
        ((publisher.map { "\($0)/" } ?? "") + requestID).truncated(toByteCount: 240) + "-reply"
    }

    /// The `type` property of every reply.
    package static let messageType = "adf.trigger.reply"
}

/// What became of a request; a closed list, used as header, log value and metric label.
package enum Outcome: String, Sendable, CaseIterable {
    /// A run was started for it.
    case started
    /// A run that an earlier attempt had started was found.
    case adopted
    /// The request itself was at fault.
    case refused
    /// Azure refused it, or could not be reached.
    case failed
    /// It was put back for later, and not answered.
    case deferred
    /// It was given back unbegun because the worker stops, and not answered.
    case returned

    /// Whether there is a run.
    package var isRun: Bool { self == .started || self == .adopted }
}

extension Reply {
    static func started(_ run: StartedRun, to message: RequestMessage) -> Reply {
        var json = JSONWriter()
        json.object { json in
            json.member("status", "started")
            json.member("requestId", run.identity.text)
            if let publisher = run.identity.publisher { json.member("publisher", publisher) }
            json.member("identified", run.identity.isIdentified)
            json.member("runId", run.runID)
            json.member("adopted", run.how.isAdopted)
            json.member("target", raw: run.target.json)
            json.member("attempts", run.how.attempts)
            json.member("portalUrl", run.target.portalURL(ofRun: run.runID))
        }
        let outcome: Outcome = run.how.isAdopted ? .adopted : .started
        return Reply(json.bytes, outcome, identity: run.identity, message: message, runID: run.runID)
    }

    static func failed(
        _ error: RequestError,
        target: Target?,
        identity: RequestIdentity,
        to message: RequestMessage
    ) -> Reply {
        var json = JSONWriter()
        json.object { json in
            json.member("status", "failed")
            json.member("requestId", identity.text)
            if let publisher = identity.publisher { json.member("publisher", publisher) }
            json.member("identified", identity.isIdentified)
            if let target { json.member("target", raw: target.json) }
            json.member("attempts", error.attempts)
            json.object("error") { json in
                json.member("class", error.errorClass.rawValue)
                json.member("code", error.code)
                json.member("message", error.message)
                json.member("retryable", error.errorClass.isRetryable)
                json.member("httpStatus", error.httpStatus)
                json.member("azureRequestId", error.azureRequestID)
                json.member("runId", error.runID)
            }
        }
        let outcome: Outcome = error.errorClass.isRefusal ? .refused : .failed
        return Reply(json.bytes, outcome, identity: identity, message: message, runID: error.runID)
    }

    private init(
        _ body: [UInt8],
        _ outcome: Outcome,
        identity: RequestIdentity,
        message: RequestMessage,
        runID: String?
    ) {
        self.init(
            body: body,
            correlationID: message.correlationID ?? message.messageID,
            outcome: outcome,
            traceparent: message.traceparent,
            requestID: identity.text,
            publisher: identity.publisher,
            runID: runID
        )
    }
}

extension Target {
    /// The run's page in Azure Data Factory Studio, of the public cloud.
    package func portalURL(ofRun runID: String) -> String {
        "https://adf.azure.com/en-us/monitoring/pipelineruns/\(runID)?\(portalQuery)"
    }
}

extension RunStart.Provenance {
    var isAdopted: Bool { if case .adopted = self { true } else { false } }

    var attempts: Int {
        switch self {
        case .started(let attempts), .adopted(let attempts): attempts
        }
    }
}
