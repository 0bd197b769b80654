import Testing

@testable import RabbitMQ

@Suite("What one channel goes through")
struct ChannelStateMachineTests {
    private typealias Machine = ChannelStateMachine<String, String, String>

    private let now = ContinuousClock.now
    private let lost = RabbitMQError(.connectionLost, "gone")
    private let generation = ChannelGeneration(number: 3)

    private func machine(confirms: Bool = false) -> Machine {
        var machine = Machine(generation: generation, bodyLimit: 100)
        if confirms { machine.confirms = ConfirmTracker() }
        return machine
    }

    private func deliver(_ tag: UInt64, to consumerTag: String = "c") -> Method {
        .basicDeliver(
            .init(consumerTag: consumerTag, deliveryTag: tag, isRedelivered: false, exchange: "", routingKey: "q")
        )
    }

    /// A short form of an action, for comparisons.
    private func summary(_ action: Machine.Action) -> String {
        switch action {
        case .nothing: "nothing"
        case .answer(let reply, let method): "answer \(reply): \(method)"
        case .answerWithMessage(let reply, let got, let complete):
            "message for \(reply): \(got.deliveryTag) \(complete.body)"
        case .deliver(let consumer, let deliver, let complete): "\(consumer): \(deliver.deliveryTag) \(complete.body)"
        case .settled(let settled): "settled " + settled.map { "\($0.context)" }.joined(separator: ",")
        case .cancelled(let consumer, let declaration): "cancelled \(consumer) of \(declaration.queue)"
        case .closed(let error): "closed \(error.replyCode ?? 0)"
        }
    }

    // MARK: - Requests

    @Test("answers go to the requests in their order")
    func answers() throws {
        var machine = machine()
        machine.requested("first", at: now, within: .zero, silence: .endsConnection)
        machine.requested("second", at: now, within: .zero, silence: .endsChannel)

        #expect(summary(try machine.received(.basicQosOk)) == "answer first: basicQosOk")
        #expect(summary(try machine.received(.confirmSelectOk)) == "answer second: confirmSelectOk")
    }

    @Test("an answer nobody asked for is a violation, and so is a method nobody knows")
    func unasked() {
        var machine = machine()

        for method: Method in [.basicQosOk, .unknown(id: 9)] {
            let error = #expect(throws: RabbitMQError.self) { try machine.received(method) }
            #expect(error?.code == .protocolViolation)
        }
    }

    @Test("silence is noticed behind the deadline of the oldest request, and means what that request says")
    func silence() throws {
        var machine = machine()
        #expect(!machine.hasDeadlines)
        machine.requested("first", at: now, within: .seconds(1), silence: .endsChannel)
        machine.requested("second", at: now, within: .seconds(2), silence: .endsConnection)

        #expect(machine.hasDeadlines)
        #expect(machine.overdueReply(now + .seconds(1)) == nil)
        #expect(machine.overdueReply(now + .seconds(3)) == .endsChannel)
        _ = try machine.received(.basicQosOk)
        #expect(machine.overdueReply(now + .seconds(3)) == .endsConnection)
    }

    @Test("after a time in which the broker read nothing each request has all of its time again")
    func restartedDeadlines() {
        var machine = machine()
        machine.requested("first", at: now, within: .seconds(1), silence: .endsChannel)

        machine.restartDeadlines(now + .seconds(60))

        #expect(machine.overdueReply(now + .seconds(61)) == nil)
        #expect(machine.overdueReply(now + .seconds(62)) == .endsChannel)
    }

    // MARK: - Messages

    @Test("a delivery goes to its consumer when it is whole, and is on the books")
    func delivery() throws {
        var machine = machine()
        machine.addConsumer("mine", ConsumerDeclaration(queue: "q", consumerTag: "c"))

        #expect(summary(try machine.received(deliver(4))) == "nothing")
        #expect(summary(try machine.receivedHeader(bodySize: 2, MessageProperties())) == "nothing")
        #expect(machine.ledger.count == 0)
        #expect(summary(try machine.receivedBody([1, 2])) == "mine: 4 [1, 2]")
        #expect(machine.ledger.count == 1)
    }

    @Test("what the broker settles as it sends is not on the books")
    func automaticAcknowledgement() throws {
        var machine = machine()
        machine.addConsumer(
            "mine",
            ConsumerDeclaration(queue: "q", consumerTag: "c", mode: .automaticAcknowledgement)
        )

        _ = try machine.received(deliver(1))
        #expect(summary(try machine.receivedHeader(bodySize: 0, MessageProperties())) == "mine: 1 []")
        #expect(machine.ledger.count == 0)
    }

    @Test("a delivery for a consumer that was just cancelled is held: an acknowledgement must not cover it")
    func deliveryWithoutConsumer() throws {
        var machine = machine()

        _ = try machine.received(deliver(1))
        #expect(summary(try machine.receivedHeader(bodySize: 0, MessageProperties())) == "nothing")
        #expect(machine.ledger.count == 1)
    }

    @Test("a message that was asked for answers its request, and is on the books until the broker or we settle it")
    func get() throws {
        var machine = machine()
        machine.requested("getter", at: now, within: .zero, silence: .endsConnection)
        let got = Method.GetOk(
            deliveryTag: 5,
            isRedelivered: false,
            exchange: "",
            routingKey: "q",
            remainingCount: 2
        )

        #expect(summary(try machine.received(.basicGetOk(got))) == "nothing")
        let whole = try machine.receivedHeader(bodySize: 0, MessageProperties())
        #expect(summary(whole) == "message for getter: 5 []")
        #expect(machine.ledger.count == 1)
        machine.settledByBroker(5)
        #expect(machine.ledger.count == 0)
        #expect(!machine.ledger.hasUnsent)
    }

    @Test("a message inside another is a violation")
    func interleaved() throws {
        var machine = machine()
        _ = try machine.received(deliver(1))

        let error = #expect(throws: RabbitMQError.self) { try machine.received(deliver(2)) }
        #expect(error?.code == .protocolViolation)
    }

    // MARK: - Confirms

    @Test("a return before its confirm marks the publish, and the confirm tells of it")
    func returned() throws {
        var machine = machine(confirms: true)
        var properties = MessageProperties()
        properties.messageID = "m"
        machine.confirms?.published("a", returnKey: .init(exchange: "", routingKey: "gone", properties))
        #expect(machine.hasDeadlines)

        let reason = ReturnReason(code: 312, text: "NO_ROUTE")
        _ = try machine.received(.basicReturn(.init(reason: reason, exchange: "", routingKey: "gone")))
        #expect(summary(try machine.receivedHeader(bodySize: 0, properties)) == "nothing")
        guard case .settled(let settled) = try machine.received(.basicAck(deliveryTag: 1, throughTag: false)),
            case .returned(reason) = settled.first?.outcome
        else {
            Issue.record("it was not returned")
            return
        }
    }

    @Test("confirms on a channel that is not in confirm mode are nothing")
    func confirmsWithoutMode() throws {
        var machine = machine()

        #expect(summary(try machine.received(.basicAck(deliveryTag: 1, throughTag: true))) == "settled ")
    }

    // MARK: - Ends

    @Test("the broker's cancel goes to the consumer once, and says which queue it was")
    func cancelled() throws {
        var machine = machine()
        machine.addConsumer("mine", ConsumerDeclaration(queue: "q", consumerTag: "c"))

        #expect(summary(try machine.received(.basicCancel(consumerTag: "c"))) == "cancelled mine of q")
        #expect(summary(try machine.received(.basicCancel(consumerTag: "c"))) == "nothing")
        #expect(!machine.hasConsumer("c"))
    }

    @Test("the broker's close carries its reply code", arguments: [UInt16(403), 404, 405, 406, 541])
    func closed(code: UInt16) throws {
        var machine = machine()

        #expect(summary(try machine.received(.channelClose(.init(code: code, text: "no")))) == "closed \(code)")
    }

    @Test("when the channel ends everybody who waits is returned once, and unanswered publishes are in doubt")
    func ends() throws {
        var machine = machine(confirms: true)
        machine.requested("asker", at: now, within: .zero, silence: .endsConnection)
        machine.addConsumer("mine", ConsumerDeclaration(queue: "q", consumerTag: "c"))
        machine.confirms?.published("first", returnKey: nil)
        machine.confirms?.published("second", returnKey: nil)

        let remains = machine.end(lost)

        #expect(remains.replies == ["asker"])
        #expect(remains.consumers == ["mine"])
        #expect(remains.publishes.map { $0.context } == ["first", "second"])
        for publish in remains.publishes {
            guard case .inDoubt(let error) = publish.outcome else {
                Issue.record("\(publish.outcome)")
                continue
            }
            #expect(error.code == .connectionLost)
        }
        let again = machine.end(lost)
        #expect(again.replies.isEmpty && again.consumers.isEmpty && again.publishes.isEmpty)
    }
}
