internal import DequeModule

/// What the connection knows about one of its channels.
struct ChannelState {
    /// A publish whose caller waits.
    struct PendingPublish {
        var id: UInt64
        var continuation: CheckedContinuation<Result<PublishOutcome, RabbitMQError>, Never>
        /// When it went on the wire, or the broker lifted its block, whichever was later.
        var sentAt: ContinuousClock.Instant?
    }

    /// A request the broker has not answered. Answers on one channel come in the order of the requests.
    struct PendingReply {
        var continuation: CheckedContinuation<Result<Method, RabbitMQError>, Never>
        var deadline: ContinuousClock.Instant
        /// Whether silence means that the connection is lost, or costs this channel alone.
        var endsConnection = true
    }

    let generation: ChannelGeneration
    var assembly: MessageAssembly
    var ledger = DeliveryLedger()
    /// Nil until the channel is in confirm mode.
    var confirms: ConfirmTracker<PendingPublish>?
    var consumers: [String: DeliveryBuffer] = [:]
    var pendingReplies: Deque<PendingReply> = []
    var prefetchCount = 0
    /// We have asked the broker to close it. Whatever is sent on a channel behind its close ends the whole connection
    /// (504, 505), so nothing more may be.
    var isClosing = false
    var closeWaiters: [CheckedContinuation<RabbitMQError, Never>] = []

    init(generation: ChannelGeneration, bodyLimit: Int) {
        self.generation = generation
        assembly = MessageAssembly(bodyLimit: bodyLimit)
    }

    /// Tells everybody who waits on this channel that it is gone.
    mutating func end(_ error: RabbitMQError) {
        for reply in pendingReplies { reply.continuation.resume(returning: .failure(error)) }
        pendingReplies.removeAll()
        for settled in confirms?.lost(error) ?? [] {
            settled.context.continuation.resume(returning: .success(settled.outcome))
        }
        for buffer in consumers.values { buffer.discard(error) }
        consumers.removeAll()
        for waiter in closeWaiters { waiter.resume(returning: error) }
        closeWaiters.removeAll()
    }
}
