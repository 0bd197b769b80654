import Glibc
import RabbitMQ
import TestSupport
import Testing

@Suite("What a broker rarely does", .timeLimit(.minutes(5)))
struct ScriptedBrokerTests {
    private static let ack: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 1, 0]

    @Test("while the broker blocks publishing, messages wait without a deadline and go out afterwards")
    func blocked() async throws {
        let (steps, step) = AsyncStream<String>.makeStream()
        let (unblocking, unblock) = Gate.make()
        try await ScriptedPeer.with { peer in
            peer.logIn()
            peer.openConfirmChannel()
            peer.write([10, 60], [3] + Array("low".utf8))
            unblocking.wait()
            peer.write([10, 61])
            if peer.wait(for: [60, 40]) { step.yield("published") }
            peer.write([60, 80], channel: 1, Self.ack)
            peer.waitUntilClosed()
        } body: { port in
            let connection = try await Connection.open(.loopback(port) { $0.replyTimeout = .seconds(2) })
            let channel = try await connection.openChannel()
            try await channel.enableConfirms()
            try await eventually("it is blocked") { await connection.isBlockedByBroker }
            let started = ContinuousClock.now
            let publishing = Task {
                try await channel.publish(Message("a"), routingKey: "q", isMandatory: true).summary
            }

            // Longer than the reply time-out: a blocked publish must outlive it.
            try await eventually("three seconds are over") { ContinuousClock.now - started > .seconds(3) }
            #expect(await connection.closed == nil)
            unblock()

            for await step in steps {
                #expect(step == "published")
                break
            }
            #expect(try await publishing.value == "confirmed")
            #expect(await connection.isBlockedByBroker == false)
        }
    }

    @Test("a message that waits for a blocked broker can be taken back, and closing does not wait for the broker")
    func takenBackWhileBlocked() async throws {
        try await ScriptedPeer.with { peer in
            peer.logIn()
            peer.openConfirmChannel()
            peer.write([10, 60], [3] + Array("low".utf8))
            peer.waitUntilClosed()
        } body: { port in
            let connection = try await Connection.open(.loopback(port))
            let channel = try await connection.openChannel()
            try await channel.enableConfirms()
            try await eventually("it is blocked") { await connection.isBlockedByBroker }
            let publishing = Task {
                _ = try await channel.publish(Message("a"), routingKey: "q", isMandatory: true)
            }

            publishing.cancel()

            let error = await #expect(throws: RabbitMQError.self) { try await publishing.value }
            #expect(error?.code == .cancelled)
            await connection.close()
            #expect(await connection.closed?.message.contains("blocked") == true)
        }
    }

    @Test("a channel is closed without its answer where the broker blocks before it comes, and once")
    func blockedWhileClosing() async throws {
        let (counts, counted) = AsyncStream<Int>.makeStream()
        try await ScriptedPeer.with { peer in
            peer.logIn()
            peer.openConfirmChannel()
            var closeCount = 0
            while let frame = peer.nextFrame() {
                if frame.method == [20, 10] { peer.write([20, 11], channel: frame.channel, [0, 0, 0, 0]) }
                guard frame.method == [20, 40] else { continue }
                closeCount += 1
                peer.write([10, 60], [3] + Array("low".utf8))
            }
            counted.yield(closeCount)
        } body: { port in
            let connection = try await Connection.open(.loopback(port))
            let channel = try await connection.openChannel()
            try await channel.enableConfirms()

            await channel.close()

            #expect(await connection.isBlockedByBroker)
            #expect(await channel.isOpen == false)
            // What was to be sent is sent before this.
            _ = try await connection.openChannel()
            await connection.close()
            for await count in counts {
                #expect(count == 1)
                break
            }
        }
    }

    @Test("a channel that is being closed is not closed again where another request on it is late")
    func lateWhileClosing() async throws {
        let (counts, counted) = AsyncStream<Int>.makeStream()
        try await ScriptedPeer.with { peer in
            peer.logIn()
            peer.openConfirmChannel()
            if peer.wait(for: [50, 10]) { counted.yield(0) }
            var closeCount = 0
            while let frame = peer.nextFrame(), frame.method != [10, 50] {
                if frame.method == [20, 40] { closeCount += 1 }
            }
            counted.yield(closeCount)
        } body: { port in
            var closeCount = counts.makeAsyncIterator()
            let connection = try await Connection.open(.loopback(port))
            let channel = try await connection.openChannel()
            try await channel.enableConfirms()
            let asking = Task { try await channel.status(ofQueue: "q", within: .seconds(1)).name }
            #expect(await closeCount.next() == 0)

            await channel.close()

            let error = await #expect(throws: RabbitMQError.self) { try await asking.value }
            #expect(error?.code == .timeout)
            await connection.close()
            #expect(await closeCount.next() == 1)
        }
    }

    @Test("a publish the broker never confirms is in doubt after the reply time-out, and the connection lives on")
    func neverConfirmed() async throws {
        try await ScriptedPeer.with { peer in
            peer.logIn()
            peer.openConfirmChannel()
            peer.waitUntilClosed()
        } body: { port in
            let connection = try await Connection.open(.loopback(port) { $0.replyTimeout = .seconds(1) })
            let channel = try await connection.openChannel()
            try await channel.enableConfirms()

            let outcome = try await channel.publish(Message("a"), routingKey: "q", isMandatory: true)

            #expect(outcome.summary == "in doubt: timeout")
            #expect(await connection.closed == nil)
            #expect(await channel.isOpen)
            await connection.close()
        }
    }

    @Test("a caller that is cancelled while its message waits for a confirm is told that it is in doubt")
    func cancelledWhileUnconfirmed() async throws {
        try await ScriptedPeer.with { peer in
            peer.logIn()
            peer.openConfirmChannel()
            peer.waitUntilClosed()
        } body: { port in
            let connection = try await Connection.open(.loopback(port))
            let channel = try await connection.openChannel()
            try await channel.enableConfirms()
            let publishing = Task {
                try await channel.publish(Message("a"), routingKey: "q", isMandatory: true).summary
            }
            try await eventually("the message is on its way") { await connection.unconfirmedCount == 1 }

            publishing.cancel()

            #expect(try await publishing.value == "in doubt: cancelled")
            await connection.close()
        }
    }

    @Test("a request that is never answered throws after the reply time-out")
    func neverAnswered() async throws {
        try await ScriptedPeer.with { peer in
            peer.logIn()
            peer.waitUntilClosed()
        } body: { port in
            let connection = try await Connection.open(.loopback(port) { $0.replyTimeout = .seconds(1) })

            let error = await #expect(throws: RabbitMQError.self) { _ = try await connection.openChannel() }

            #expect(error?.code == .timeout)
            #expect(error?.isRetryable == true)
        }
    }

    @Test("closing ends after five seconds where the broker never answers it")
    func neverAnsweredClose() async throws {
        try await ScriptedPeer.with { peer in
            peer.logIn()
            peer.waitUntilClosed()
        } body: { port in
            let connection = try await Connection.open(.loopback(port))
            let started = ContinuousClock.now

            await connection.close()

            #expect(ContinuousClock.now - started < .seconds(25))
            #expect(await connection.closed?.code == .closedByUs)
        }
    }

    @Test("a broker that shuts down is answered, and everything that waits is told why")
    func shutDown() async throws {
        let (answers, answered) = AsyncStream<Bool>.makeStream()
        try await ScriptedPeer.with { peer in
            peer.logIn()
            peer.openConfirmChannel()
            peer.wait(for: [60, 40])
            peer.write([10, 50], [0x01, 0x40, 4] + Array("gone".utf8) + [0, 0, 0, 0])
            answered.yield(peer.wait(for: [10, 51]))
        } body: { port in
            let connection = try await Connection.open(.loopback(port))
            let channel = try await connection.openChannel()
            try await channel.enableConfirms()

            let outcome = try await channel.publish(Message("a"), routingKey: "q", isMandatory: true)

            #expect(outcome.summary == "in doubt: closedByBroker")
            let reason = await connection.waitUntilClosed()
            #expect(reason.replyCode == 320)
            #expect(reason.isRetryable)
            for await wasAnswered in answers {
                #expect(wasAnswered)
                break
            }
        }
    }

    @Test("a frame that is none ends the connection instead of the process")
    func garbage() async throws {
        try await ScriptedPeer.with { peer in
            peer.logIn()
            peer.wait(for: [20, 10])
            peer.writeBytes([1, 0, 1, 0, 0, 0, 4, 1, 2, 3, 4, 99])
            peer.waitUntilClosed()
        } body: { port in
            let connection = try await Connection.open(.loopback(port))

            let error = await #expect(throws: RabbitMQError.self) { _ = try await connection.openChannel() }

            #expect(error?.code == .protocolViolation)
            #expect(await connection.waitUntilClosed().code == .protocolViolation)
        }
    }

    // Broker and client agree on the smaller of their heartbeats; the thread must wake for that one and not for ours.
    @Test("a heartbeat the broker makes shorter than ours is kept, and its silence noticed as fast")
    func shorterHeartbeat() async throws {
        let (waits, waited) = AsyncStream<Duration>.makeStream()
        try await ScriptedPeer.with { peer in
            peer.logIn(heartbeatSeconds: 1)
            let started = ContinuousClock.now
            while let frame = peer.nextFrame() {
                if frame.type == 8 { waited.yield(ContinuousClock.now - started) }
            }
            waited.yield(ContinuousClock.now - started)
            waited.finish()
        } body: { port in
            let connection = try await Connection.open(.loopback(port))

            #expect(await connection.waitUntilClosed().code == .connectionLost)

            // The first heartbeat and the hanging up, as the peer's own thread saw them.
            let durations = await waits.reduce(into: []) { $0.append($1) }
            #expect(durations.count > 1)
            #expect(try #require(durations.first) < .seconds(4))
            #expect(try #require(durations.last) < .seconds(6))
        }
    }
}

/// Holds a thread back until a test lets it go.
private final class Gate: Sendable {
    private let readEnd: Int32
    private let writeEnd: Int32

    private init() {
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0, "there is no pipe")
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    static func make() -> (Gate, @Sendable () -> Void) {
        let gate = Gate()
        return (gate, { _ = write(gate.writeEnd, "x", 1) })
    }

    func wait() {
        var byte: UInt8 = 0
        _ = read(readEnd, &byte, 1)
    }
}
