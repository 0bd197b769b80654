/// What carries frames between a connection and its broker: librabbitmq and a socket, or a broker in the same process.
///
/// Once it is made it belongs to the connection's thread, and nothing of it waits.
package protocol Link: AnyObject {
    /// What `poll` shall watch: it becomes readable when there is something to read. Negative once it is closed.
    ///
    /// Never keep it: the number may be in use by another socket the next moment.
    var descriptor: Int32 { get }
    /// Whether ``send(_:channel:)`` can take something now.
    var isWritable: Bool { get }
    /// What broker and client have agreed on.
    var terms: ConnectionTerms { get }

    /// The next frame that is here already; nil when there is none. Call it until it returns nil before waiting on
    /// ``descriptor``, and at least twice per heartbeat.
    func nextFrame() throws(RabbitMQError) -> Frame?

    /// Sends one command, or begins to; ask ``isWritable`` first.
    ///
    /// - Returns: whether all of it is sent. If not, ``sendMore()`` must have returned true before the next command.
    /// - Throws: ``RabbitMQError``; the link can then only be let go.
    func send(_ command: Command, channel: UInt16) throws(RabbitMQError) -> Bool

    /// Goes on with a command that is sent in part; ask ``isWritable`` first.
    func sendMore() throws(RabbitMQError) -> Bool

    /// Tells that several commands follow, which may go out together, or that they have been sent.
    func gather(_ isGathering: Bool)

    /// Tells that the broker has blocked publishing, and reads nothing from us meanwhile, or that it has lifted that.
    func blocked(_ isBlocked: Bool)
}

extension Link {
    /// Sends each command as it comes.
    package func gather(_ isGathering: Bool) {}
}

/// What broker and client agree on at login.
package struct ConnectionTerms: Sendable, Equatable {
    /// The largest frame, in bytes.
    package var frameByteCount: Int
    /// The smaller of the broker's heartbeat and ours, which is the one that counts; 0 where there is none.
    package var heartbeatSeconds: Int
    /// The highest channel number.
    package var channelMaximum: UInt16

    package init(frameByteCount: Int, heartbeatSeconds: Int, channelMaximum: UInt16) {
        self.frameByteCount = frameByteCount
        self.heartbeatSeconds = heartbeatSeconds
        self.channelMaximum = channelMaximum
    }
}

/// Makes the link of one connection; runs on a thread of its own, and may wait there for the configured times.
package typealias LinkFactory = @Sendable (ConnectionConfiguration) throws(RabbitMQError) -> any Link
