internal import RabbitMQ

/// Sends replies to requesters that wait on RabbitMQ's direct reply-to.
///
/// On a connection of its own, opened when first needed: a malformed address makes the broker close the whole
/// connection (541), and whoever sends requests chooses the address. Replies go out one after another, since the
/// question whether a requester is still there may cost its channel.
actor DirectReplies {
    enum Receipt: Sendable {
        case delivered
        case gone(String)
    }

    private let configuration: ConnectionConfiguration
    private var session: (connection: Connection, replies: Channel)?
    /// Addresses that cost a connection; they are not tried again. Bounded below.
    private var refused: Set<String> = []
    private var last: Task<Receipt, Never>?

    private static let refusedLimit = 1000

    init(_ configuration: ConnectionConfiguration) {
        self.configuration = configuration
    }

    /// Sends one reply. RabbitMQ 3.10.8 returns every mandatory publish to such an address, delivered or not, so
    /// whether anybody is there is asked before.
    func send(_ message: Message, to address: String) async -> Receipt {
        guard Self.isWellFormed(address), !refused.contains(address) else {
            return .gone("it is no address of direct reply-to that the broker accepts")
        }
        let previous = last
        let task = Task { () -> Receipt in
            _ = await previous?.value
            return await deliver(message, to: address)
        }
        last = task
        return await task.value
    }

    /// Closes the connection, if there is one.
    func close() async {
        _ = await last?.value
        await session?.connection.close()
        session = nil
    }

    /// An encoded process id, a dot and an encoded key, each in base64: what the broker makes.
    static func isWellFormed(_ address: String) -> Bool {
        let prefix = "amq.rabbitmq.reply-to."
        guard address.hasPrefix(prefix) else { return false }
        let parts = address.dropFirst(prefix.count).split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                let text = part.utf8
                return !text.isEmpty && text.count % 4 == 0
                    && text.allSatisfy { byte in
                        switch byte {
                        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"),
                            UInt8(ascii: "="):
                            true
                        default: false
                        }
                    }
            }
    }

    private func deliver(_ message: Message, to address: String) async -> Receipt {
        // Twice: a reply in doubt may be repeated once, since requesters match it by its correlation id.
        for _ in 1...2 {
            do throws(RabbitMQError) {
                let session = try await openSession()
                guard try await isListening(address, session.connection) else {
                    return .gone("the requester is not waiting any more")
                }
                switch try await session.replies.publish(message, routingKey: address, isMandatory: false) {
                case .confirmed: return .delivered
                case .returned, .nacked: return .gone("the broker refused the reply")
                case .inDoubt(let error): throw error
                }
            } catch {
                await session?.connection.close()
                session = nil
                if error.replyCode == 541 {
                    if refused.count < Self.refusedLimit { refused.insert(address) }
                    return .gone("the broker does not accept the address")
                }
            }
        }
        return .gone("the connection for direct replies was lost twice")
    }

    /// Asks on a channel of its own, which the answer "no" costs.
    private func isListening(_ address: String, _ connection: Connection) async throws(RabbitMQError) -> Bool {
        let channel = try await connection.openChannel()
        do throws(RabbitMQError) {
            _ = try await channel.status(ofQueue: address)
        } catch {
            guard error.code == .channelClosed, error.replyCode == 404 else { throw error }
            return false
        }
        await channel.close()
        return true
    }

    private func openSession() async throws(RabbitMQError) -> (connection: Connection, replies: Channel) {
        if let session, await session.connection.closed == nil { return session }
        let connection = try await Connection.open(configuration)
        let replies = try await connection.openChannel()
        try await replies.enableConfirms()
        session = (connection, replies)
        return (connection, replies)
    }
}
