internal import RabbitMQ
internal import TriggerWorker

/// Sends replies to requesters that wait on RabbitMQ's direct reply-to.
///
/// Whoever sends requests chooses the address, and a bad one hurts: a malformed one makes the broker close the whole
/// connection (541), and for some it never answers whether anybody is there. So these replies have a connection of their
/// own, opened when first needed; an address that cost something is not tried again, and who is to blame for a closed
/// connection is found out on a connection nobody else uses.
actor DirectReplies {
    enum Receipt: Sendable {
        case delivered
        case gone(String)
    }

    private struct Session {
        let connection: Connection
        let replies: Channel
    }

    private let configurations: [ConnectionConfiguration]
    private let onEvent: @Sendable (ConnectionEvent) -> Void
    private var opening: Task<Result<Session, RabbitMQError>, Never>?
    /// Addresses that cost a connection or an answer. Bounded below.
    private var refused: Set<String> = []

    private static let refusedLimit = 1000
    /// A broker that is well answers a passive declare within milliseconds.
    private static let probeLimit = Duration.seconds(3)
    /// Others' bad addresses may cost the connection again and again; a reply that was in doubt is sent once more.
    private static let tries = 5

    /// - Parameter onEvent: Told of what happens to the connection, on its thread: it must not wait.
    init(
        _ configurations: [ConnectionConfiguration],
        onEvent: @escaping @Sendable (ConnectionEvent) -> Void = { _ in }
    ) {
        self.configurations = configurations
        self.onEvent = onEvent
    }

    /// Sends one reply. RabbitMQ 3.10.8 returns every mandatory publish to such an address, delivered or not, so
    /// whether anybody is there is asked before.
    func send(_ message: Message, to address: String) async -> Receipt {
        var backoff = Backoff(first: .milliseconds(100), longest: .seconds(2))
        var timesInDoubt = 0
        var reason = "the connection for direct replies could not be had"
        for _ in 1...Self.tries where timesInDoubt < 2 && !Task.isCancelled {
            guard Self.isWellFormed(address), !refused.contains(address) else {
                return .gone("it is no address of direct reply-to that the broker accepts")
            }
            do throws(RabbitMQError) {
                let session = try await openSession()
                switch try await presence(of: address, session.connection) {
                case .listening: break
                case .gone: return .gone("the requester is not waiting any more")
                case .unknown: return .gone("the broker does not say whether the requester is waiting")
                }
                switch try await session.replies.publish(message, routingKey: address, isMandatory: false) {
                case .confirmed: return .delivered
                case .returned, .nacked: return .gone("the broker refused the reply")
                case .inDoubt(let error):
                    timesInDoubt += 1
                    reason = "it is not known whether the reply arrived: \(error.message)"
                }
            } catch {
                reason = error.message
                if error.replyCode == 541 {
                    await examine(address)
                } else {
                    try? await Task.sleep(for: backoff.next())
                }
            }
        }
        return .gone(reason)
    }

    /// Closes the connection, if there is one.
    func close() async {
        if case .success(let session) = await opening?.value { await session.connection.close() }
        opening = nil
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

    private enum Presence {
        case listening
        case gone
        case unknown
    }

    /// Asks on a channel of its own, which the answer "no", or none, costs.
    private func presence(of address: String, _ connection: Connection) async throws(RabbitMQError) -> Presence {
        let channel = try await openProbe(connection)
        do throws(RabbitMQError) {
            _ = try await channel.status(ofQueue: address, within: Self.probeLimit)
        } catch {
            if error.replyCode == 404 { return .gone }
            guard error.code == .timeout else { throw error }
            refuse(address)
            return .unknown
        }
        await channel.close()
        return .listening
    }

    /// Each reply costs a channel, and a connection has 2047 of them at most: when they are used it is replaced.
    private func openProbe(_ connection: Connection) async throws(RabbitMQError) -> Channel {
        do throws(RabbitMQError) {
            return try await connection.openChannel()
        } catch {
            if error.code == .channelsExhausted { await connection.close() }
            throw error
        }
    }

    /// The connection was closed because of an address, which may be another's: asks alone.
    private func examine(_ address: String) async {
        guard let connection = try? await Connection.open(anyOf: configurations) else { return }
        do throws(RabbitMQError) {
            _ = try await presence(of: address, connection)
        } catch {
            if error.replyCode == 541 { refuse(address) }
        }
        await connection.close()
    }

    private func refuse(_ address: String) {
        if refused.count < Self.refusedLimit { refused.insert(address) }
    }

    private func openSession() async throws(RabbitMQError) -> Session {
        if let opening {
            if case .success(let session) = await opening.value {
                if await session.replies.isOpen { return session }
                await session.connection.close()
            }
            // Only who still sees the broken one replaces it.
            if self.opening == opening { self.opening = nil }
        }
        let task = opening ?? Task { [configurations, onEvent] in await Self.open(configurations, onEvent) }
        opening = task
        return try await task.value.get()
    }

    private static func open(
        _ configurations: [ConnectionConfiguration],
        _ onEvent: @escaping @Sendable (ConnectionEvent) -> Void
    ) async -> Result<Session, RabbitMQError> {
        do throws(RabbitMQError) {
            let connection = try await Connection.open(anyOf: configurations, onEvent: onEvent)
            do throws(RabbitMQError) {
                let replies = try await connection.openChannel()
                try await replies.enableConfirms()
                return .success(Session(connection: connection, replies: replies))
            } catch {
                await connection.close()
                throw error
            }
        } catch {
            return .failure(error)
        }
    }
}
