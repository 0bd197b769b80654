/// How full a queue is, where somebody relies on the answer.
extension Channel {
    /// RabbitMQ's own limit is 250 ms; what we measure includes the way there and back, which only makes it longer.
    private static let suspiciousTime = Duration.milliseconds(200)
    private static let patience = Duration.seconds(30)

    /// As ``status(ofQueue:within:)``, with numbers to rely on.
    ///
    /// RabbitMQ 3.10.8 says 0 messages and 0 consumers of a quorum queue whose leader does not answer it within 250 ms,
    /// as happens on a busy machine (`rabbit_quorum_queue:stat`; seen on a halted leader). So two zeros that took about as
    /// long are no answer, and it is asked again.
    ///
    /// - Throws: as ``status(ofQueue:within:)``; `timeout` where there was no answer to rely on for half a minute.
    package func reliableStatus(ofQueue name: String) async throws(RabbitMQError) -> QueueStatus {
        let clock = ContinuousClock()
        let deadline = clock.now + Self.patience
        repeat {
            let start = clock.now
            let status = try await status(ofQueue: name)
            let isEmpty = status.readyCount == 0 && status.consumerCount == 0
            guard isEmpty, clock.now - start >= Self.suspiciousTime else { return status }
        } while clock.now < deadline
        throw RabbitMQError(.timeout, "the broker does not say how many messages are in queue \"\(name)\"")
    }
}
