import TestSupport
import Testing

@testable import RabbitMQ

@Suite("Which deliveries are still to be settled")
struct DeliveryLedgerTests {
    private let generation = ChannelGeneration(number: 7)

    private func ledger(holding tags: ClosedRange<UInt64>) -> DeliveryLedger {
        var ledger = DeliveryLedger(generation: generation)
        for tag in tags { ledger.delivered(tag) }
        return ledger
    }

    /// Acknowledges these, which must be held.
    private func acknowledge(_ tags: UInt64..., in ledger: inout DeliveryLedger) {
        for tag in tags {
            let settlement = ledger.acknowledge(tag, of: generation)
            #expect(settlement == .settled)
        }
    }

    private func one(_ tag: UInt64) -> DeliveryLedger.Acknowledgement { .init(deliveryTag: tag, throughTag: false) }
    private func through(_ tag: UInt64) -> DeliveryLedger.Acknowledgement { .init(deliveryTag: tag, throughTag: true) }

    @Test("a delivery can be settled once, by whichever word")
    func once() {
        var ledger = ledger(holding: 1...2)
        acknowledge(1, in: &ledger)
        let given = ledger.giveBack(2, of: generation)
        #expect(given == .settled)

        for tag: UInt64 in 1...2 {
            let acknowledged = ledger.acknowledge(tag, of: generation)
            let givenBack = ledger.giveBack(tag, of: generation)
            #expect(acknowledged == .alreadySettled)
            #expect(givenBack == .alreadySettled)
        }
        #expect(ledger.count == 0)
    }

    @Test("a delivery of another channel is stale, and costs this one nothing")
    func stale() {
        var ledger = ledger(holding: 1...1)
        let other = ChannelGeneration(number: 6)

        let settlements = [
            ledger.acknowledge(1, of: other), ledger.acknowledge(through: 1, of: other),
            ledger.giveBack(1, of: other), ledger.giveBack(through: 1, of: other),
        ]

        #expect(settlements == Array(repeating: .stale, count: 4))
        #expect(ledger.count == 1)
        #expect(!ledger.hasUnsent)
    }

    @Test("a delivery that never came can't be settled, alone or with those before it")
    func unknown() {
        var ledger = ledger(holding: 1...1)

        let settlements = [
            ledger.acknowledge(2, of: generation), ledger.acknowledge(through: 2, of: generation),
            ledger.giveBack(2, of: generation), ledger.giveBack(through: 2, of: generation),
        ]

        #expect(settlements == Array(repeating: .alreadySettled, count: 4))
        #expect(ledger.count == 1)
    }

    @Test("one acknowledgement is sent as one")
    func single() {
        var ledger = ledger(holding: 1...3)
        acknowledge(2, in: &ledger)

        let sent = ledger.takeAcknowledgements()
        #expect(sent == [one(2)])
        let more = ledger.takeAcknowledgements()
        #expect(more == [])
    }

    @Test("acknowledgements below the oldest delivery that is held are one, in whatever order they were given")
    func contiguous() {
        var ledger = ledger(holding: 1...5)
        acknowledge(3, 1, 2, in: &ledger)

        let sent = ledger.takeAcknowledgements()
        #expect(sent == [through(3)])
    }

    @Test("one that covers several never covers a delivery that is held")
    func gap() {
        var ledger = ledger(holding: 1...6)
        acknowledge(6, 1, 2, 4, in: &ledger)

        let sent = ledger.takeAcknowledgements()
        #expect(sent == [through(2), one(4), one(6)])
    }

    @Test("nothing is covered while the oldest delivery is held")
    func oldestHeld() {
        var ledger = ledger(holding: 1...3)
        acknowledge(3, 2, in: &ledger)

        let sent = ledger.takeAcknowledgements()
        #expect(sent == [one(2), one(3)])
    }

    @Test("when everything is acknowledged one covers it all, and the next begins afresh")
    func all() {
        var ledger = ledger(holding: 1...4)
        acknowledge(1, 2, 3, 4, in: &ledger)
        let first = ledger.takeAcknowledgements()
        #expect(first == [through(4)])

        ledger.delivered(5)
        acknowledge(5, in: &ledger)
        let second = ledger.takeAcknowledgements()
        #expect(second == [one(5)])
    }

    @Test("acknowledging through a delivery settles those before it that are held, and no others")
    func acknowledgeThrough() {
        var ledger = ledger(holding: 1...5)
        acknowledge(2, in: &ledger)

        let settlement = ledger.acknowledge(through: 4, of: generation)

        #expect(settlement == .settled)
        #expect(ledger.count == 1)
        let sent = ledger.takeAcknowledgements()
        #expect(sent == [through(4)])
    }

    @Test("giving back through a delivery settles those before it, and acknowledges none")
    func giveBackThrough() {
        var ledger = ledger(holding: 1...5)

        let settlement = ledger.giveBack(through: 3, of: generation)

        #expect(settlement == .settled)
        #expect(ledger.count == 2)
        #expect(!ledger.hasUnsent)
    }

    /// Every delivery is settled exactly once by what is sent, whatever the order: a model of the broker's own book.
    @Test("what is sent settles exactly what was acknowledged", arguments: 0..<200)
    func againstModel(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var ledger = DeliveryLedger(generation: generation)
        var nextTag: UInt64 = 0
        var held: Set<UInt64> = []
        var broker: Set<UInt64> = []
        for _ in 0..<100 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                nextTag += 1
                ledger.delivered(nextTag)
                held.insert(nextTag)
                broker.insert(nextTag)
            case 2, 3:
                guard let tag = held.sorted().randomElement(using: &random) else { continue }
                acknowledge(tag, in: &ledger)
                held.remove(tag)
            default:
                for sent in ledger.takeAcknowledgements() {
                    #expect(broker.contains(sent.deliveryTag))
                    broker = broker.filter { sent.throughTag ? $0 > sent.deliveryTag : $0 != sent.deliveryTag }
                }
                #expect(broker == held)
            }
        }
    }
}
