@testable import RabbitMQ
@testable import TriggerWorker

/// What is measured. Each returns whether all of its work had the result it should have, which also keeps the
/// optimizer from leaving it out.
enum Step: String, CaseIterable {
    case decode
    case identity
    case reply
    case confirms
    case ledger

    /// How many publishes or deliveries the broker's or our own answer covers, as it does under load.
    private static let batch: UInt64 = 16
    /// How many are in flight.
    private static let inFlight: UInt64 = 256

    func perform(_ count: Int) -> Bool {
        switch self {
        case .decode: Self.decode(count)
        case .identity: Self.identity(count)
        case .reply: Self.reply(count)
        case .confirms: Self.confirms(count)
        case .ledger: Self.ledger(count)
        }
    }

    /// From a message to the request: every byte of its body is checked.
    private static func decode(_ count: Int) -> Bool {
        let message = RequestMessage(body: body, messageID: messageID(0), contentType: "application/json")
        return (1...count).allSatisfy { _ in
            (try? TriggerRequest(message, identity: message.identity, bodyLimit: 262_144))?.parameters.first
                == UInt8(ascii: "{")
        }
    }

    private static func identity(_ count: Int) -> Bool {
        (1...count).allSatisfy { RunIdentity.runID(for: RequestIdentity(messageID($0)), target: target).count == 36 }
    }

    /// A reply that says why there is no run; the other kind takes a run that was started.
    private static func reply(_ count: Int) -> Bool {
        let error = RequestError(.rejected, code: "NotFound", "The document could not be retrieved.")
        let message = RequestMessage(body: body, messageID: messageID(0))
        return (1...count).allSatisfy { _ in
            !Reply.failed(error, target: target, identity: message.identity, to: message).body.isEmpty
        }
    }

    private static func confirms(_ count: Int) -> Bool {
        var tracker = ConfirmTracker<Int>()
        var settled = 0
        for index in 1...count {
            let key = ConfirmTracker<Int>.ReturnKey(
                exchange: "",
                routingKey: "replies",
                messageID: messageID(index),
                correlationID: nil
            )
            tracker.published(index, returnKey: key)
            let sent = UInt64(index)
            if sent > inFlight, sent % batch == 0 {
                settled += tracker.acknowledged(sent - inFlight, throughTag: true).count
            }
        }
        return settled + tracker.count == count
    }

    private static func ledger(_ count: Int) -> Bool {
        let generation = ChannelGeneration(number: 1)
        var ledger = DeliveryLedger(generation: generation)
        var frames = 0
        for tag in 1...UInt64(count) {
            ledger.delivered(tag)
            guard tag > inFlight else { continue }
            guard ledger.acknowledge(tag - inFlight, of: generation) == .settled else { return false }
            if tag % batch == 0 { frames += ledger.takeAcknowledgements().count }
        }
        return frames > 0 || count <= inFlight
    }

    private static let target = Target(
        subscriptionID: "11111111-2222-4333-8444-555555555555",
        resourceGroup: "rg-benchmark",
        factory: "adf-benchmark",
        pipeline: "ingest-orders"
    )

    /// UUIDs in text, as publishers send them: more than are in flight, and made once.
    private static let messageIDs: [String] = (0..<1024).map { index in
        let digits = String(index)
        return "6d1f2c7b-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
    }

    private static func messageID(_ index: Int) -> String { messageIDs[index % messageIDs.count] }

    /// 512 bytes, as in the other benchmarks.
    private static let body: [UInt8] = {
        let start = """
            {"target":{"subscriptionId":"\(target.subscriptionID)","resourceGroup":"\(target.resourceGroup)",\
            "factory":"\(target.factory)","pipeline":"\(target.pipeline)"},\
            "parameters":{"windowStart":"2026-11-22T00:00:00Z","windowEnd":"2026-11-22T01:00:00Z",\
            "region":"westeurope","batch":42,"ratio":1.10,"dryRun":false,"files":["
            """
        let end = "\"]}}"
        let file = String(repeating: "x", count: 512 - start.utf8.count - end.utf8.count)
        return Array("\(start)\(file)\(end)".utf8)
    }()
}
