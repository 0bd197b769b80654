package import RabbitMQ
package import TriggerWorker

/// A parked request on its way back to the request queue: as it was published, without what was written onto it since.
///
/// When it first failed, who published it (`origin-user-id`) and where it wants its reply stay with it.
package struct HomeCopy {
    /// What is to be published.
    package let message: Message

    /// - Parameters:
    ///   - generation: The generation it goes home with.
    ///   - identity: What names it.
    ///   - trust: Whose word counts for who published it.
    package init(
        _ delivery: Delivery,
        generation: Int,
        identity: IdentitySource = IdentitySource(),
        trust: CopyTrust? = nil
    ) {
        let origin = delivery.message.properties
        let added: FieldTable = generation > 0 ? [RequestHeader.generation: .int64(Int64(generation))] : [:]
        var properties = Republication.properties(of: delivery, adding: added, trust: trust)
        let isNamed = identity.name(in: origin) != nil
        properties.headers?.entries.removeAll { entry in
            switch entry.key {
            case RequestHeader.generation: generation == 0
            // The made-up name is what its run id is made of; with a name of its own it only repeats that.
            case RequestHeader.requestID: isNamed
            default: Self.staysBehind.contains(entry.key) || Self.isRecordOfBroker(entry.key)
            }
        }
        if properties.headers?.isEmpty == true { properties.headers = nil }
        // A copy that was made while the address was of no use has it in a header alone.
        if properties.replyTo == nil, let address = origin.headers?[ErrorHeader.replyTo]?.text,
            address != "amq.rabbitmq.reply-to", !address.isEmpty, address.utf8.count <= 255
        {
            properties.replyTo = address
        }
        message = Message(properties: properties, body: delivery.message.body)
    }

    private static let staysBehind = Set(ErrorHeader.ofDiagnosis + RequestHeader.ofLife)

    /// Deaths and deliveries of earlier copies, which would pile up.
    private static func isRecordOfBroker(_ key: String) -> Bool {
        ["origin-x-death", "origin-x-delivery-count"].contains(key) || key.hasPrefix("origin-x-first-death-")
            || key.hasPrefix("origin-x-last-death-")
    }
}
