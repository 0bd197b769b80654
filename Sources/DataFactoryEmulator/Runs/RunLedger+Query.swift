extension RunLedger {
    /// A page of the answer to a query.
    struct Page: Sendable {
        var runs: [PipelineRun]
        var continuationToken: String?
    }

    /// One page of the runs that fit.
    /// - Parameter lag: younger runs are not in the index yet.
    mutating func page(_ query: RunQuery, in factory: FactoryEntry, at now: Timestamp, lag: Duration) -> Page {
        settle(at: now)
        let candidates = query.group.map { group($0) } ?? order
        // Runs started after the first page do not shift the later ones.
        let limit = min(query.start?.limit ?? nextSequence, nextSequence)
        func match(_ sequence: Int) -> (run: PipelineRun, state: RunState)? {
            // No run was updated before it was created, which spares most of them a closer look.
            guard sequence < limit, let run = runs[sequence], run.order.factory === factory,
                run.createdAt <= query.window.before, run.createdAt + lag <= now
            else { return nil }
            let state = run.state(at: now)
            return query.accepts(run, state) ? (run, state) : nil
        }
        switch query.walk {
        case .sorted(let orderings):
            var matches = candidates.compactMap { match($0) }
            for ordering in orderings.reversed() { matches = ordering.sorted(matches) }
            let first = min(query.start?.position ?? 0, matches.count)
            let end = min(first + RunQuery.pageSize, matches.count)
            let next = end < matches.count ? ContinuationToken(afterCount: end, limit: limit).text : nil
            return Page(runs: matches[first..<end].map(\.run), continuationToken: next)
        case .byCreation(.ascending):
            let begin = query.start.map { candidates.firstPosition(above: $0.position) } ?? 0
            return Self.firstPage(candidates[begin...], limit) { match($0)?.run }
        case .byCreation(.descending):
            let end = query.start.map { candidates.firstPosition(above: $0.position - 1) } ?? candidates.count
            return Self.firstPage(candidates[..<end].reversed(), limit) { match($0)?.run }
        }
    }

    /// Takes runs until the page is full and one more has shown that another page follows.
    private static func firstPage(
        _ candidates: some Sequence<Int>,
        _ limit: Int,
        match: (Int) -> PipelineRun?
    ) -> Page {
        var page = Page(runs: [], continuationToken: nil)
        for sequence in candidates {
            guard let run = match(sequence) else { continue }
            if page.runs.count == RunQuery.pageSize, let last = page.runs.last {
                page.continuationToken = ContinuationToken(afterSequence: last.sequence, limit: limit).text
                break
            }
            page.runs.append(run)
        }
        return page
    }
}

extension [Int] {
    /// In an array sorted upwards, the index of the first number above another.
    fileprivate func firstPosition(above number: Int) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle] > number { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
