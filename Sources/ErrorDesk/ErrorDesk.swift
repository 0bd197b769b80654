package import RabbitMQ
package import TriggerWorker

/// What an operator can do with the error queue: look, send home, drop.
///
/// One operator at a time. Whatever is not let go of on purpose is on the queue again afterwards, in its order, also
/// where the program is killed.
package struct ErrorDesk: Sendable {
    private let connection: Connection
    private let errors: String
    private let requests: String
    private let identity: IdentitySource
    private let trust: CopyTrust?

    /// - Parameters:
    ///   - connection: Keeps as much of each body as it is configured to.
    ///   - errors: The error queue.
    ///   - requests: The queue that entries are sent home to.
    ///   - identity: What names a request.
    ///   - trust: Whose word counts for who published an entry; nil where that does not matter.
    package init(
        over connection: Connection,
        errors: String,
        requests: String,
        identity: IdentitySource = IdentitySource(),
        trust: CopyTrust? = nil
    ) {
        self.identity = identity
        self.trust = trust
        self.connection = connection
        self.errors = errors
        self.requests = requests
    }

    // MARK: - Looking

    /// Shows each entry, from the head of the queue on, until there are no more or `visit` says so.
    ///
    /// - Parameter visit: Returns whether to go on.
    /// - Throws: ``ErrorDeskError``, in which case nothing was changed.
    package func read(_ visit: (ErrorEntry, Delivery) -> Bool) async throws(ErrorDeskError) {
        var reader = try await ErrorQueueReader.open(errors, over: connection)
        do throws(ErrorDeskError) {
            var names = EntryNames()
            while let delivery = try await reader.next() {
                guard visit(ErrorEntry(delivery, &names, identity, trust), delivery) else { break }
            }
        } catch {
            await reader.close()
            throw error
        }
        await reader.close()
    }

    /// The selected entries, in the order of the queue.
    ///
    /// - Throws: ``ErrorDeskError``.
    package func entries(_ selection: Selection) async throws(ErrorDeskError) -> [ErrorEntry] {
        var entries: [ErrorEntry] = []
        try await read { entry, _ in
            if selection.contains(entry) { entries.append(entry) }
            return true
        }
        return entries
    }

    // MARK: - Dropping

    /// Takes out what was agreed on before, for good.
    ///
    /// - Parameters:
    ///   - agreed: As they were read before; an entry that has changed since is another and stays.
    ///   - dropped: Told of each.
    /// - Returns: how many were dropped.
    /// - Throws: ``ErrorDeskError``; those told of may have been dropped then.
    package func drop(
        _ agreed: [ErrorEntry],
        _ dropped: (ErrorEntry) -> Void
    ) async throws(ErrorDeskError) -> Int {
        try await take(agreed) { entry, delivery, reader throws(ErrorDeskError) in
            try await reader.acknowledge(delivery)
            dropped(entry)
            return true
        }
    }

    // MARK: - Sending home

    /// What became of one entry that was to go home.
    package enum Homecoming: Sendable {
        /// It is on the request queue, and not on this one any more.
        case sent(generation: Int)
        /// It stays, for this reason.
        case refused(String)
    }

    /// Sends home what was agreed on before: each is looked up, its copy confirmed by the request queue, and only then
    /// taken out here. Killed between two steps an entry is on both queues, and which run it asks for does not change.
    ///
    /// - Parameters:
    ///   - agreed: As for ``drop(_:_:)``.
    ///   - rules: What stands in the way of going home.
    ///   - told: Told of each.
    /// - Returns: how many were sent.
    /// - Throws: ``ErrorDeskError``: `refused` where the request queue takes none, `service` where Data Factory can't be
    ///   asked. Those told of as sent are at home then.
    package func sendHome(
        _ agreed: [ErrorEntry],
        _ rules: HomeRules,
        _ told: (ErrorEntry, Homecoming) -> Void
    ) async throws(ErrorDeskError) -> Int {
        try await take(agreed) { entry, delivery, reader throws(ErrorDeskError) in
            if let obstacle = try await rules.obstacle(to: entry, delivery.message.body) {
                told(entry, .refused(obstacle))
                return false
            }
            if let trust, !trust.isBelieved(copying: delivery.message.properties) {
                told(
                    entry,
                    .refused(
                        "workers would not believe user \"\(trust.user)\" who published it; "
                            + "add that user to requests.trustedUsers, theirs too"
                    )
                )
                return false
            }
            let copy = HomeCopy(delivery, generation: entry.nextGeneration, identity: identity, trust: trust)
            // On the channel that acknowledges: the broker sees the acknowledgement before the next copy, so that a kill
            // leaves one entry on both queues and no more.
            if let problem = try await publish(copy.message, on: reader.channel) {
                told(entry, .refused(problem))
                return false
            }
            try await reader.acknowledge(delivery)
            told(entry, .sent(generation: entry.nextGeneration))
            return true
        }
    }

    /// - Returns: why this message can't be published, where another one may be.
    private func publish(_ message: Message, on channel: Channel) async throws(ErrorDeskError) -> String? {
        let outcome: PublishOutcome
        do throws(RabbitMQError) {
            outcome = try await channel.publish(message, routingKey: requests, isMandatory: true)
        } catch {
            guard error.code == .invalidArgument else { throw ErrorDeskError(error, at: requests) }
            return error.message
        }
        switch outcome {
        case .confirmed: return nil
        case .returned:
            throw ErrorDeskError(
                .missingQueue,
                "queue \"\(requests)\" does not exist; create it with \"adf-trigger topology declare\""
            )
        case .nacked:
            throw ErrorDeskError(
                .refused,
                "queue \"\(requests)\" takes no more requests, it is probably full; try later"
            )
        case .inDoubt(let error):
            var failure = ErrorDeskError(error, at: requests)
            failure.message += "; the last entry may be on both queues, which costs no second run"
            throw failure
        }
    }

    // MARK: - Taking out

    /// Bodies that are held at one time, in bytes.
    private static let roundByteLimit = 64 << 20

    /// Lets `settle` deal with what was agreed on, in rounds whose bodies fit the memory.
    ///
    /// - Parameter settle: Returns whether it took the entry out.
    private func take(
        _ agreed: [ErrorEntry],
        _ settle: (ErrorEntry, Delivery, inout ErrorQueueReader) async throws(ErrorDeskError) -> Bool
    ) async throws(ErrorDeskError) -> Int {
        var taken: [ErrorEntry: Int] = [:]
        var left = agreed[...]
        while !left.isEmpty {
            var byteCount = 0
            let round = left.prefix { entry in
                defer { byteCount += entry.bodyByteCount }
                return byteCount < Self.roundByteLimit
            }
            left = left.dropFirst(round.count)
            let open = round.map { entry in
                var entry = entry
                // What earlier rounds took stands before its twins no more.
                entry.twinNumber -= taken[entry.kind] ?? 0
                return entry
            }
            for entry in try await takeRound(open, settle) {
                taken[entry.kind, default: 0] += 1
            }
        }
        return taken.values.reduce(0, +)
    }

    /// Holds the whole queue, keeps the bodies that are asked for, and begins only then: what waited in between would let
    /// the other bodies pile up.
    private func takeRound(
        _ agreed: [ErrorEntry],
        _ settle: (ErrorEntry, Delivery, inout ErrorQueueReader) async throws(ErrorDeskError) -> Bool
    ) async throws(ErrorDeskError) -> [ErrorEntry] {
        var reader = try await ErrorQueueReader.open(errors, over: connection)
        var taken: [ErrorEntry] = []
        do throws(ErrorDeskError) {
            try await reader.enableConfirms()
            for (entry, delivery) in try await find(agreed, by: &reader) {
                if try await settle(entry, delivery, &reader) { taken.append(entry) }
            }
            try await reader.settle()
        } catch {
            await reader.close()
            throw error
        }
        await reader.close()
        return taken
    }

    /// By what they are and not by their names, which change when the first of several of one message id is gone; of those
    /// that are alike by their places among them, for their bodies may differ.
    private func find(
        _ agreed: [ErrorEntry],
        by reader: inout ErrorQueueReader
    ) async throws(ErrorDeskError) -> [(ErrorEntry, Delivery)] {
        let open = Dictionary(agreed.map { ($0.withoutName, $0) }, uniquingKeysWith: { first, _ in first })
        var found: [(ErrorEntry, Delivery)] = []
        var names = EntryNames()
        while let delivery = try await reader.next() {
            let read = ErrorEntry(delivery, &names, identity, trust)
            if let entry = open[read.withoutName] { found.append((entry, delivery)) }
        }
        return found
    }
}

extension ErrorEntry {
    /// The same for one message whenever it is read.
    fileprivate var withoutName: ErrorEntry {
        var entry = kind
        entry.twinNumber = twinNumber
        return entry
    }
}
