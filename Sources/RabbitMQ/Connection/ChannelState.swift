internal import DequeModule

/// What the connection knows about one of its channels.
struct ChannelState {
    typealias PublishContinuation = CheckedContinuation<Result<PublishOutcome, RabbitMQError>, Never>

    /// A request the broker has not answered. Answers on one channel come in the order of the requests.
    struct PendingReply {
        var continuation: CheckedContinuation<Result<Method, RabbitMQError>, Never>
        var deadline: ContinuousClock.Instant
    }

    let generation: ChannelGeneration
    var assembly: MessageAssembly
    var ledger = DeliveryLedger()
    /// Nil until the channel is in confirm mode.
    var confirms: ConfirmTracker<PublishContinuation>?
    /// When a publish was last sent to a channel that waited for nothing, or an answer last came.
    var confirmProgress: ContinuousClock.Instant?
    var consumers: [String: DeliveryBuffer] = [:]
    var pendingReplies: Deque<PendingReply> = []
    var prefetchCount = 0
    /// We have asked the broker to close it. Whatever is sent on a channel behind its close ends the whole connection
    /// (504, 505), so nothing more may be.
    var isClosing = false

    init(generation: ChannelGeneration, bodyLimit: Int) {
        self.generation = generation
        assembly = MessageAssembly(bodyLimit: bodyLimit)
    }

    /// Tells everybody who waits on this channel that it is gone.
    mutating func end(_ error: RabbitMQError) {
        for reply in pendingReplies { reply.continuation.resume(returning: .failure(error)) }
        pendingReplies.removeAll()
        for settled in confirms?.lost(error) ?? [] { settled.context.resume(returning: .success(settled.outcome)) }
        for buffer in consumers.values { buffer.discard(error) }
        consumers.removeAll()
    }
}
