internal import DataFactory
internal import FoundationEssentials

/// The runs of a pipeline by their markers, as far as Data Factory has shown them.
///
/// There is no asking for a run by its parameters: runs are read in pages, latest first. What is remembered here makes a
/// search read the runs since the one before, not those of a whole day. It has no clock and asks nobody.
struct MarkerBook: Sendable {
    /// Data Factory shows runs about in the order of their starts. One that is shown so much later than its successor,
    /// in seconds, may be missed.
    static let disorder: TimeInterval = 30

    private struct Entry {
        let runID: String
        let start: Date
    }

    private let parameter: String
    private let lookBack: TimeInterval
    private let capacity: Int
    // <= 5/4 of capacity, but during a walk.
    private var entries: [String: Entry] = [:]
    /// Since when every run that was shown has been read; nil before the first walk.
    private(set) var completeSince: Date?
    /// The latest start of a run that was shown.
    private(set) var shownUntil: Date?

    /// - Parameters:
    ///   - parameter: The pipeline's parameter that marks its runs.
    ///   - lookBack: How old, in seconds, a run may be.
    ///   - capacity: How many runs are remembered; the oldest are forgotten first.
    init(marker parameter: String, lookBack: TimeInterval, capacity: Int) {
        self.parameter = parameter.lowercased()
        self.lookBack = lookBack
        self.capacity = capacity
    }

    /// The id of the run with that marker.
    func runID(of marker: String) -> String? { entries[marker.lowercased()]?.runID }

    /// Whether all runs that may be as old as they may be are known.
    func isComplete(at now: Date) -> Bool {
        completeSince.map { $0 <= now.addingTimeInterval(-lookBack) } ?? false
    }

    /// Whether all runs are shown that were started by then.
    func isShown(until moment: Date) -> Bool {
        shownUntil.map { $0 >= moment.addingTimeInterval(Self.disorder) } ?? false
    }

    // MARK: - Reading

    /// One reading of the latest runs, page by page.
    struct Walk: Sendable {
        let begin: Date
        /// Runs changed before this were read in earlier walks.
        let updatedAfter: Date
        fileprivate var newest: Date?
        fileprivate var oldest: Date?
        fileprivate var isReadable = true
    }

    /// Begins to read what has changed since the last walk.
    func walk(at now: Date) -> Walk {
        let horizon = now.addingTimeInterval(-lookBack)
        guard completeSince != nil, let shownUntil else { return Walk(begin: now, updatedAfter: horizon) }
        return Walk(begin: now, updatedAfter: max(horizon, shownUntil.addingTimeInterval(-Self.disorder)))
    }

    /// Takes one page, the latest runs first.
    mutating func read(_ page: RunPage, in walk: inout Walk) {
        // A run that could not be read may be the one.
        if page.unreadableCount > 0 { walk.isReadable = false }
        for run in page.runs {
            if let start = run.startDate {
                walk.newest = max(walk.newest ?? start, start)
                walk.oldest = min(walk.oldest ?? start, start)
            }
            let marked = run.parameters.first { $0.key.lowercased() == parameter }
            guard let marker = marked?.value else { continue }
            entries[marker.lowercased()] = Entry(runID: run.runID, start: run.startDate ?? walk.begin)
        }
    }

    /// Ends a walk.
    ///
    /// - Parameter isAtEnd: Whether its last page was the last there is.
    mutating func end(_ walk: Walk, isAtEnd: Bool) {
        if !walk.isReadable {
            completeSince = walk.begin
        } else if !isAtEnd {
            completeSince = walk.oldest ?? walk.begin
        } else if completeSince == nil {
            completeSince = walk.updatedAfter
        }
        if let newest = walk.newest { shownUntil = max(shownUntil ?? newest, newest) }
        forgetOldest()
    }

    private mutating func forgetOldest() {
        // In one go for many walks: it looks at all of them.
        guard entries.count > capacity + capacity / 4 else { return }
        let first = entries.values.map(\.start).sorted()[entries.count - capacity]
        entries = entries.filter { $0.value.start >= first }
        completeSince = completeSince.map { max($0, first) }
    }
}
