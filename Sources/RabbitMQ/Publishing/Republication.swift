/// How a message may be published again by somebody else than its publisher.
///
/// What the broker would act on does not travel as such; it is kept under `origin-…`.
package enum Republication {
    /// A message's properties, fit for a copy, with headers added.
    ///
    /// - Parameters:
    ///   - added: Headers of ours; they replace what stands there under their names.
    ///   - trust: Whose word counts for who published it; where it matters to nobody, nil, and the copy has no user-id.
    package static func properties(
        of delivery: Delivery,
        adding added: FieldTable,
        trust: CopyTrust? = nil
    ) -> MessageProperties {
        var properties = delivery.message.properties
        let given = properties.headers ?? [:]
        var origins = FieldTable([])
        let publisher = trust?.publisher(of: properties)
        origins[CopyTrust.header] = (publisher ?? properties.userID).map { .string($0) }
        origins["origin-expiration"] = properties.expiration.map { .string($0) }
        // Renamed before the others are looked at: a copy of a copy keeps the latest, and does not grow with each.
        for entry in given.entries where mustNotTravel(entry.key) { origins["origin-\(entry.key)"] = entry.value }

        properties.deliveryMode = .persistent
        // The broker checks user-id against the login and refuses anybody else's (406); a copy that kept its expiration
        // would vanish; and nobody can answer to the bare pseudo-queue of direct reply-to.
        properties.userID = publisher == nil ? nil : trust?.user
        properties.expiration = nil
        if properties.replyTo == "amq.rabbitmq.reply-to" { properties.replyTo = nil }
        properties.headers = FieldTable(
            given.entries.filter { entry in
                !mustNotTravel(entry.key) && added[entry.key] == nil && origins[entry.key] == nil
            } + origins.entries.filter { added[$0.key] == nil } + added.entries
        )
        return properties
    }

    /// Headers that mean something to the broker: CC and BCC would make it copy the message where the publisher likes,
    /// and with a death record of its own queue it sees a cycle and drops the message. Its count of deliveries begins
    /// anew with each copy.
    private static func mustNotTravel(_ key: String) -> Bool {
        ["CC", "BCC", "x-death", "x-delivery-count"].contains(key) || key.hasPrefix("x-first-death-")
            || key.hasPrefix("x-last-death-")
    }
}
