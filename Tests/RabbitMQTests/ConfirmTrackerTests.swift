import Testing

@testable import RabbitMQ

@Suite("Publisher confirms are matched with their publishes")
struct ConfirmTrackerTests {
    private typealias Key = ConfirmTracker<String>.ReturnKey

    private func key(_ routingKey: String, _ messageID: String? = nil) -> Key {
        Key(exchange: "", routingKey: routingKey, messageID: messageID, correlationID: nil)
    }

    /// A tracker in which these were published, mandatory and with themselves as message id.
    private func tracker(_ names: String...) -> ConfirmTracker<String> {
        var tracker = ConfirmTracker<String>()
        for name in names { tracker.published(name, returnKey: key("q", name)) }
        return tracker
    }

    private func summaries(_ settled: [ConfirmTracker<String>.Settled]) -> [String] {
        settled.map { settled in
            switch settled.outcome {
            case .confirmed: "\(settled.context) confirmed"
            case .returned(let reason): "\(settled.context) returned \(reason.code)"
            case .nacked: "\(settled.context) nacked"
            case .inDoubt(let error): "\(settled.context) in doubt: \(error.code)"
            }
        }
    }

    private let noRoute = ReturnReason(code: 312, text: "NO_ROUTE")

    @Test("sequence numbers start at 1 and an ack settles the publish that has its number")
    func single() {
        var tracker = ConfirmTracker<String>()
        #expect(tracker.nextSequence == 1)
        tracker.published("a", returnKey: nil)
        tracker.published("b", returnKey: nil)
        #expect(tracker.nextSequence == 3)

        #expect(summaries(tracker.acknowledged(1, throughTag: false)) == ["a confirmed"])
        #expect(tracker.count == 1)
    }

    @Test("an ack through a tag settles everything up to it, in order")
    func multiple() {
        var tracker = tracker("a", "b", "c", "d")

        #expect(summaries(tracker.acknowledged(3, throughTag: true)) == ["a confirmed", "b confirmed", "c confirmed"])
        #expect(tracker.count == 1)
        #expect(summaries(tracker.acknowledged(4, throughTag: true)) == ["d confirmed"])
    }

    @Test("acks that come out of order settle each its own publish, and a later multiple ack only the rest")
    func outOfOrder() {
        var tracker = tracker("a", "b", "c", "d")

        #expect(summaries(tracker.acknowledged(3, throughTag: false)) == ["c confirmed"])
        #expect(summaries(tracker.acknowledged(1, throughTag: false)) == ["a confirmed"])
        #expect(summaries(tracker.acknowledged(4, throughTag: true)) == ["b confirmed", "d confirmed"])
        #expect(tracker.count == 0)
    }

    @Test("a nack settles as nacked, one or many")
    func nack() {
        var tracker = tracker("a", "b", "c")

        #expect(summaries(tracker.refused(2, throughTag: false)) == ["b nacked"])
        #expect(summaries(tracker.refused(3, throughTag: true)) == ["a nacked", "c nacked"])
    }

    // return(a), ack(2), ack(3), ack(1): the ack of a returned message need not be the next one.
    @Test("a return waits for its own ack while acks of later messages come first")
    func returnBeforeLaterAcks() {
        var tracker = tracker("a", "b", "c")

        #expect(tracker.returned(key("q", "a"), reason: noRoute) == true)
        #expect(summaries(tracker.acknowledged(2, throughTag: false)) == ["b confirmed"])
        #expect(summaries(tracker.acknowledged(3, throughTag: false)) == ["c confirmed"])
        #expect(summaries(tracker.acknowledged(1, throughTag: false)) == ["a returned 312"])
    }

    @Test("a multiple ack tells returned from confirmed for each message it covers")
    func multipleWithReturn() {
        var tracker = tracker("a", "b", "c")
        #expect(tracker.returned(key("q", "b"), reason: noRoute) == true)

        #expect(
            summaries(tracker.acknowledged(3, throughTag: true)) == ["a confirmed", "b returned 312", "c confirmed"]
        )
    }

    @Test("of two messages with one key in flight the older is marked first, then the other")
    func sameKey() {
        var tracker = ConfirmTracker<String>()
        tracker.published("a", returnKey: key("q"))
        tracker.published("b", returnKey: key("q"))

        #expect(tracker.returned(key("q"), reason: noRoute) == true)
        #expect(tracker.returned(key("q"), reason: noRoute) == true)
        #expect(tracker.returned(key("q"), reason: noRoute) == false)
        #expect(summaries(tracker.acknowledged(2, throughTag: true)) == ["a returned 312", "b returned 312"])
    }

    @Test("one return of two messages with one key leaves the other confirmed")
    func sameKeyOneReturn() {
        var tracker = ConfirmTracker<String>()
        tracker.published("a", returnKey: key("q"))
        tracker.published("b", returnKey: key("q"))
        #expect(tracker.returned(key("q"), reason: noRoute) == true)

        #expect(summaries(tracker.acknowledged(2, throughTag: true)) == ["a returned 312", "b confirmed"])
    }

    @Test("a return fits only a publish with the same exchange, routing key, message id and correlation id")
    func keyParts() {
        var tracker = ConfirmTracker<String>()
        let key = Key(exchange: "e", routingKey: "r", messageID: "m", correlationID: "c")
        tracker.published("a", returnKey: key)
        tracker.published("not mandatory", returnKey: nil)

        #expect(
            tracker.returned(Key(exchange: "", routingKey: "r", messageID: "m", correlationID: "c"), reason: noRoute)
                == false
        )
        #expect(
            tracker.returned(Key(exchange: "e", routingKey: "", messageID: "m", correlationID: "c"), reason: noRoute)
                == false
        )
        #expect(
            tracker.returned(Key(exchange: "e", routingKey: "r", messageID: nil, correlationID: "c"), reason: noRoute)
                == false
        )
        #expect(
            tracker.returned(Key(exchange: "e", routingKey: "r", messageID: "m", correlationID: nil), reason: noRoute)
                == false
        )
        #expect(tracker.returned(key, reason: noRoute) == true)
    }

    @Test("tag 0 with multiple settles everything published so far")
    func tagZeroMultiple() {
        var tracker = tracker("a", "b")

        #expect(summaries(tracker.acknowledged(0, throughTag: true)) == ["a confirmed", "b confirmed"])
        tracker.published("c", returnKey: nil)
        #expect(tracker.count == 1)
    }

    @Test("a tag nobody waits for settles nothing, and one beyond the last publish does not settle the next one")
    func unknownTags() {
        var tracker = tracker("a")

        #expect(summaries(tracker.acknowledged(0, throughTag: false)) == [])
        #expect(summaries(tracker.acknowledged(7, throughTag: false)) == [])
        #expect(summaries(tracker.acknowledged(1, throughTag: false)) == ["a confirmed"])
        #expect(summaries(tracker.acknowledged(1, throughTag: false)) == [])
        #expect(summaries(tracker.acknowledged(UInt64.max, throughTag: true)) == [])
        tracker.published("b", returnKey: nil)
        #expect(tracker.count == 1)
        #expect(summaries(tracker.acknowledged(2, throughTag: true)) == ["b confirmed"])
    }

    @Test("when the channel is gone all that is outstanding is in doubt, in order, even what had been returned")
    func lost() {
        var tracker = tracker("a", "b", "c", "d", "e", "f", "g", "h")
        _ = tracker.acknowledged(3, throughTag: false)
        #expect(tracker.returned(key("q", "b"), reason: noRoute) == true)

        let settled = summaries(tracker.lost(RabbitMQError(.connectionLost, "gone")))

        #expect(settled == ["a", "b", "d", "e", "f", "g", "h"].map { "\($0) in doubt: connectionLost" })
        #expect(tracker.count == 0)
        #expect(summaries(tracker.lost(RabbitMQError(.connectionLost, "gone"))) == [])
    }

    @Test("what is published after a return comes back as well, and what was settled before does not")
    func returnsLater() {
        var tracker = tracker("a", "b", "c")
        #expect(tracker.returned(key("q", "b"), reason: noRoute) == true)
        #expect(summaries(tracker.acknowledged(1, throughTag: false)) == ["a confirmed"])
        tracker.published("d", returnKey: key("q", "d"))

        #expect(tracker.returned(key("q", "a"), reason: noRoute) == false)
        #expect(tracker.returned(key("q", "b"), reason: noRoute) == false)
        #expect(tracker.returned(key("q", "d"), reason: noRoute) == true)
        let settled = tracker.acknowledged(4, throughTag: true)
        #expect(summaries(settled) == ["b returned 312", "c confirmed", "d returned 312"])
        tracker.published("e", returnKey: key("q", "e"))
        #expect(tracker.returned(key("q", "e"), reason: noRoute) == true)
    }

    @Test("a publish that is withdrawn settles no more and does not come back; the others do")
    func withdrawn() {
        var tracker = tracker("a", "b", "c")

        let (first, second) = (tracker.withdraw { $0 == "b" }, tracker.withdraw { $0 == "b" })
        #expect(first == "b")
        #expect(second == nil)
        #expect(tracker.returned(key("q", "b"), reason: noRoute) == false)
        #expect(tracker.count == 2)
        #expect(summaries(tracker.acknowledged(2, throughTag: false)) == [])
        #expect(summaries(tracker.acknowledged(3, throughTag: true)) == ["a confirmed", "c confirmed"])
    }

    @Test("the oldest are withdrawn as long as they are overdue, past those that were settled")
    func withdrawnOldest() {
        var tracker = tracker("1", "2", "3", "4", "1")
        #expect(summaries(tracker.acknowledged(2, throughTag: false)) == ["2 confirmed"])

        let (first, second) = (tracker.withdrawOldest { $0 < "4" }, tracker.withdrawOldest { $0 < "4" })
        #expect(first == ["1", "3"])
        #expect(second == [])
        #expect(tracker.count == 2)
        #expect(summaries(tracker.acknowledged(5, throughTag: true)) == ["4 confirmed", "1 confirmed"])
    }

    @Test("what is kept with every publish can be changed, and with those that were settled nothing is")
    func changed() {
        var tracker = tracker("a", "b", "c")
        _ = tracker.acknowledged(2, throughTag: false)

        tracker.updateAll { $0 += "!" }

        #expect(tracker.count == 2)
        #expect(summaries(tracker.acknowledged(3, throughTag: true)) == ["a! confirmed", "c! confirmed"])
    }

    @Test("what is kept with the publish that was noted last can be changed, until that is settled")
    func updateLast() {
        var tracker = tracker("a", "b")

        tracker.updateLast { $0 += "!" }
        #expect(summaries(tracker.acknowledged(2, throughTag: true)) == ["a confirmed", "b! confirmed"])
        tracker.updateLast { $0 += "?" }
        #expect(tracker.count == 0)
    }
}
