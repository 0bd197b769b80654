import Testing

@testable import RabbitMQ

@Suite("Which deliveries are still to be settled")
struct DeliveryLedgerTests {
    @Test("a delivery can be settled once")
    func once() {
        var ledger = DeliveryLedger()
        ledger.delivered(7)

        #expect(ledger.count == 1)
        let first = ledger.settle(7)
        #expect(first)
        let second = ledger.settle(7)
        #expect(!second)
        #expect(ledger.count == 0)
    }

    @Test("a delivery that never came can't be settled")
    func unknown() {
        var ledger = DeliveryLedger()
        ledger.delivered(1)

        let settled = ledger.settle(2)
        #expect(!settled)
        #expect(ledger.count == 1)
    }

    @Test("deliveries are settled in any order")
    func anyOrder() {
        var ledger = DeliveryLedger()
        for tag in 1...4 { ledger.delivered(UInt64(tag)) }

        for tag: UInt64 in [3, 1, 4, 2] {
            let settled = ledger.settle(tag)
            #expect(settled)
        }
        #expect(ledger.count == 0)
    }
}
