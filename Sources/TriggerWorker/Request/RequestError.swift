/// Whose fault a failure is and what it is called; the contract's closed list.
package enum ErrorClass: String, Sendable, CaseIterable {
    /// Not JSON, wrong types, unknown or repeated members, too large, another content type.
    case malformed
    /// Names Azure does not allow, or a target that can't be completed.
    case invalid
    /// The alias is not configured.
    case unknownTarget = "unknown-target"
    /// The policy does not allow this target, or this publisher to start it, or this reply queue.
    case forbidden
    /// The deadline has passed.
    case expired
    /// This identity has started a run already: with other parameters, or too long ago.
    case conflict
    /// Azure refuses this pipeline or these parameters for good.
    case rejected
    /// Azure, or the way to it, kept failing.
    case unavailable
    /// A run may have been started, and it could not be found out.
    case outcomeUnknown = "outcome-unknown"
    /// The broker has handed it out so often that it may be what ends the workers.
    case poisoned
    /// The run was started and the requester's queue does not take the reply.
    case replyUndeliverable = "reply-undeliverable"

    /// Whether sending the same request again can help.
    package var isRetryable: Bool {
        switch self {
        case .unavailable, .outcomeUnknown: true
        default: false
        }
    }

    /// Whether the request itself is at fault, by our own judgement and not Azure's.
    package var isRefusal: Bool {
        switch self {
        case .malformed, .invalid, .unknownTarget, .forbidden, .expired, .conflict, .poisoned: true
        default: false
        }
    }
}

/// Why a request ends without a run. Of reference type, for it is large and every request keeps room for it.
package final class RequestError: Error, Sendable {
    /// The contract's class.
    package let errorClass: ErrorClass
    /// Azure's code, or ours for what never reached Azure.
    package let code: String
    /// What is wrong and where, for the person who sent it. Bounded, and free of secrets.
    package let message: String
    /// The HTTP status of Azure's answer, where there was one.
    package let httpStatus: Int?
    /// What Azure's support asks for.
    package let azureRequestID: String?
    /// The run that may exist, where that is unknown.
    package let runID: String?
    /// How many times createRun was called.
    package let attempts: Int

    /// The longest message kept, in bytes: error copies carry it in a header, and all headers share one frame.
    package static let messageByteLimit = 2048

    package init(
        _ errorClass: ErrorClass,
        code: String,
        _ message: String,
        httpStatus: Int? = nil,
        azureRequestID: String? = nil,
        runID: String? = nil,
        attempts: Int = 0
    ) {
        self.errorClass = errorClass
        self.code = code.truncated(toByteCount: 128)
        self.message = message.truncated(toByteCount: Self.messageByteLimit)
        self.httpStatus = httpStatus
        self.azureRequestID = azureRequestID
        self.runID = runID
        self.attempts = attempts
    }
}

extension String {
    /// At most this many bytes of UTF-8, cut between characters; a cut says so.
    package func truncated(toByteCount limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(startIndex, offsetBy: limit - 3)
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return self[..<end] + "…"
    }
}
