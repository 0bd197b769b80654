package import FoundationEssentials
package import RabbitMQ
package import TriggerWorker

/// One message of the error queue, as far as its properties tell; the body is not kept.
///
/// Others than the worker can put messages there too: whatever is missing or no text is nil.
package struct ErrorEntry: Sendable, Hashable {
    /// What it is called at the desk.
    package var id: String
    /// By its publisher's name for it, or the one the worker made up.
    package var identity: RequestIdentity?
    /// Who published it; nil where nobody vouches for it, or nobody needs to.
    package var publisher: String?
    /// Header `error-class`.
    package var errorClass: String?
    /// Header `error-code`.
    package var errorCode: String?
    /// Header `error-message`.
    package var errorMessage: String?
    /// The ARM id of its pipeline, where that was known when it failed.
    package var target: String?
    /// When it failed, the last time.
    package var failedAt: Date?
    /// When it failed first, where it has been sent home since.
    package var firstFailedAt: Date?
    /// createRun calls that were made for it.
    package var attempts: Int
    /// The run that may exist, by what the worker knew.
    package var runID: String?
    /// How often it was sent home after a rejection.
    package var generation: Int
    /// How often it was read at the error queue and given back.
    package var readCount: Int
    /// The body's size in bytes.
    package var bodyByteCount: Int
    /// How large the body was, where it was too large to be kept.
    package var droppedBodyByteCount: Int?
    /// How many entries that are the same but for their bodies stand before it.
    package var twinNumber = 0

    /// Reads a message of the error queue.
    ///
    /// - Parameters:
    ///   - names: Gives it its name.
    ///   - source: What names a request.
    ///   - trust: Whose word counts for who published it.
    package init(
        _ delivery: Delivery,
        _ names: inout EntryNames,
        _ source: IdentitySource = IdentitySource(),
        _ trust: CopyTrust? = nil
    ) {
        let properties = delivery.message.properties
        let headers = properties.headers ?? [:]
        func text(_ name: String) -> String? { headers[name]?.text }
        func count(_ name: String) -> Int { Int(clamping: min(max(headers[name]?.integer ?? 0, 0), 1_000_000_000)) }

        let given = source.name(in: properties)
        let madeUp = text(RequestHeader.requestID)
        id = names.name(for: given ?? madeUp ?? "unnamed")
        let publisher = trust?.publisher(of: properties)
        self.publisher = publisher
        // Run ids do not depend on who chose the text.
        identity = given.map { source.identity(named: $0, by: publisher) } ?? madeUp.map { RequestIdentity($0) }
        errorClass = text(ErrorHeader.errorClass)
        errorCode = text(ErrorHeader.errorCode)
        errorMessage = text(ErrorHeader.errorMessage)
        target = text(ErrorHeader.target)
        failedAt = text(ErrorHeader.failedAt).flatMap { Date(headerText: $0) }
        firstFailedAt = text(ErrorHeader.firstFailedAt).flatMap { Date(headerText: $0) }
        attempts = count(RequestHeader.attempts)
        runID = text(ErrorHeader.runID)
        generation = count(RequestHeader.generation)
        readCount = count("x-delivery-count")
        bodyByteCount = Int(clamping: delivery.bodyByteCount)
        droppedBodyByteCount = headers[ErrorHeader.bodyDroppedBytes]?.integer.map { Int(clamping: $0) }
        twinNumber = names.twinNumber(of: self)
    }

    /// The same for all that are the same but for their bodies, whenever they are read.
    var kind: ErrorEntry {
        var entry = self
        entry.id = ""
        entry.readCount = 0
        entry.twinNumber = 0
        return entry
    }
}

extension ErrorEntry {
    /// How often a rejected request may be sent home.
    package static let generationLimit = RunCandidates.generationLimit

    /// The generation it goes home with. Azure may repeat the answer it has given to a run id, so one that it rejected
    /// asks under another; every other class asks for the run it may have started.
    package var nextGeneration: Int {
        errorClass == ErrorClass.rejected.rawValue ? generation + 1 : generation
    }

    /// Why it can't be sent home, whatever Data Factory says.
    ///
    /// - Parameter bodyLimit: The largest body a worker takes, in bytes.
    package func obstacle(bodyLimit: Int) -> String? {
        if let droppedBodyByteCount {
            return "its body had \(droppedBodyByteCount) bytes and was not kept; it can only be dropped"
        }
        if bodyByteCount > bodyLimit {
            return
                "its body has \(bodyByteCount) bytes and workers take \(bodyLimit); raise requests.bodyLimitBytes first"
        }
        if nextGeneration > Self.generationLimit {
            return
                "it has been sent home \(generation) times and was rejected each time; have it published anew, under "
                + "another message id"
        }
        return nil
    }
}

extension Date {
    /// Reads what the worker writes; other programs may leave out the fraction.
    fileprivate init?(headerText text: String) {
        guard text.utf8.count <= 40 else { return nil }
        let date =
            (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
            ?? (try? Date(text, strategy: .iso8601))
        guard let date else { return nil }
        self = date
    }
}
