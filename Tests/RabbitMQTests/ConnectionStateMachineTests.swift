import Testing

@testable import RabbitMQ

@Suite("What a connection as a whole goes through")
struct ConnectionStateMachineTests {
    private let now = ContinuousClock.now
    private let lost = RabbitMQError(.connectionLost, "gone")

    @Test("channel numbers count from 1 and are never used twice, and the last one is said to be")
    func channelNumbers() throws {
        var machine = ConnectionStateMachine(channelMaximum: 3)

        let numbers = [
            try machine.nextChannelNumber(), try machine.nextChannelNumber(), try machine.nextChannelNumber(),
        ]

        #expect(numbers == [1, 2, 3])
        let error = #expect(throws: RabbitMQError.self) { try machine.nextChannelNumber() }
        #expect(error?.code == .channelsExhausted)
        #expect(error?.isRetryable == true)
    }

    @Test("a closed connection has no channels, and says why it was closed")
    func noChannelsWhenClosed() throws {
        var machine = ConnectionStateMachine(channelMaximum: 3)
        let isFirst = machine.end(lost)
        #expect(isFirst)

        let error = #expect(throws: RabbitMQError.self) { try machine.nextChannelNumber() }
        #expect(error?.code == .connectionLost)
    }

    @Test("it ends once, by the first reason")
    func endsOnce() {
        var machine = ConnectionStateMachine(channelMaximum: 3)

        let first = machine.end(lost)
        let second = machine.end(RabbitMQError(.closedByUs, "closed"))

        #expect(first)
        #expect(!second)
        #expect(machine.closed?.code == .connectionLost)
    }

    @Test("blocked and unblocked are noted and told of, with the broker's reason")
    func blocked() throws {
        var machine = ConnectionStateMachine(channelMaximum: 3)

        guard case .blocked(reason: "low on memory") = try machine.received(.connectionBlocked(reason: "low on memory"))
        else {
            Issue.record("not told of")
            return
        }
        #expect(machine.isBlocked)
        guard case .unblocked = try machine.received(.connectionUnblocked) else {
            Issue.record("not told of")
            return
        }
        #expect(!machine.isBlocked)
    }

    @Test("the broker's close is answered and ends it with the broker's reason")
    func closedByBroker() throws {
        var machine = ConnectionStateMachine(channelMaximum: 3)

        let action = try machine.received(.connectionClose(.init(code: 320, text: "shutdown")))

        guard case .end(let error, answersClose: true) = action else {
            Issue.record("\(action)")
            return
        }
        #expect(error.code == .closedByBroker)
        #expect(error.replyCode == 320)
    }

    @Test("our goodbye is said once, waited for, and given up at its deadline")
    func goodbye() throws {
        var machine = ConnectionStateMachine(channelMaximum: 3)
        #expect(!machine.isClosing)

        guard case .sayGoodbye = machine.close(deadline: now + .seconds(5)),
            case .wait = machine.close(deadline: now + .seconds(9))
        else {
            Issue.record("the goodbye is said once")
            return
        }

        #expect(machine.isClosing)
        let late = #expect(throws: RabbitMQError.self) { try machine.nextChannelNumber() }
        #expect(late?.code == .closedByUs)
        try machine.check(now + .seconds(5))
        let error = #expect(throws: RabbitMQError.self) { try machine.check(now + .seconds(6)) }
        #expect(error?.code == .closedByUs)
        guard case .end(let answered, answersClose: false) = try machine.received(.connectionCloseOk) else {
            Issue.record("the answer ends it")
            return
        }
        #expect(answered.code == .closedByUs)
    }

    @Test("a blocked broker is not waited for, since it reads no goodbye")
    func goodbyeWhileBlocked() throws {
        var machine = ConnectionStateMachine(channelMaximum: 3)
        _ = try machine.received(.connectionBlocked(reason: "low"))

        guard case .end(let error) = machine.close(deadline: now) else {
            Issue.record("it waits")
            return
        }
        #expect(error.code == .closedByUs)
    }

    @Test("closing what is closed is nothing")
    func closedAlready() {
        var machine = ConnectionStateMachine(channelMaximum: 3)
        _ = machine.end(lost)

        guard case .nothing = machine.close(deadline: now) else {
            Issue.record("it does something")
            return
        }
    }

    @Test("a channel's method on channel 0 is a violation")
    func wrongChannel() {
        var machine = ConnectionStateMachine(channelMaximum: 3)

        let error = #expect(throws: RabbitMQError.self) { try machine.received(.basicQosOk) }
        #expect(error?.code == .protocolViolation)
    }
}
