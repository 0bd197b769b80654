import NIOConcurrencyHelpers

/// What clients have sent, in order of arrival, without their secrets: for the emulator's own route.
struct RequestLog: Sendable {
    /// The most requests that are kept; beyond it the oldest go.
    static let maximumCount = 10_000

    /// The most that the kept bodies and queries may hold together, in bytes. A request may bring a mebibyte, and ten
    /// thousand of those would be more than a test machine has.
    static let maximumTextBytes = 64 * 1_048_576

    /// A kept request, for setting down how it ended.
    struct Ticket: Sendable {
        fileprivate var number: Int
    }

    private struct Content {
        // A ring once it is full: the request of number n stands at n modulo the capacity.
        var slots: [CapturedRequest?]
        var first = 0
        var next = 0
        var textBytes = 0

        mutating func append(_ request: CapturedRequest) {
            if next - first == slots.count { dropFirst() }
            slots[next % slots.count] = request
            next += 1
            textBytes += request.textBytes
            // The newest stays whatever its size, or a large request could not be looked at.
            while textBytes > RequestLog.maximumTextBytes, next - first > 1 { dropFirst() }
        }

        private mutating func dropFirst() {
            let index = first % slots.count
            textBytes -= slots[index]?.textBytes ?? 0
            slots[index] = nil
            first += 1
        }

        mutating func removeAll() {
            while first < next { dropFirst() }
        }
    }

    private let content: NIOLockedValueBox<Content>

    /// - Parameter capacity: the most requests that are kept; at least 1.
    init(capacity: Int = RequestLog.maximumCount) {
        content = NIOLockedValueBox(Content(slots: Array(repeating: nil, count: max(1, capacity))))
    }

    /// Keeps a request that has just arrived: before its answer, which may be slow, or never come.
    func arrived(_ request: CapturedRequest) -> Ticket {
        content.withLockedValue { content in
            content.append(request)
            return Ticket(number: content.next - 1)
        }
    }

    /// Sets down what a request was answered. Nothing happens where it is no longer kept.
    func answered(_ ticket: Ticket, status: Int) {
        content.withLockedValue { content in
            guard (content.first..<content.next).contains(ticket.number) else { return }
            content.slots[ticket.number % content.slots.count]?.status = status
        }
    }

    /// Forgets every request. Those that are being answered stay forgotten.
    func forget() {
        content.withLockedValue { $0.removeAll() }
    }

    /// Everything kept, oldest first.
    var json: [UInt8] {
        let requests = content.withLockedValue { content in
            (content.first..<content.next).compactMap { content.slots[$0 % content.slots.count] }
        }
        return JSONOutput.array { output in
            for request in requests { request.write(to: &output) }
        }
    }
}
