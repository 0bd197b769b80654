import DequeModule

/// Which runs have a place and which wait for one, where a pipeline or a factory limits them.
struct RunPlaces: Sendable {
    /// What a new run gets.
    enum Admission: Sendable {
        /// A place, at once.
        case place
        /// A place as soon as another run ends.
        case wait
        /// Nothing, and what says why.
        case none(ManagementError)
    }

    private struct Lane {
        var taken = 0
        // At most the queue's limit.
        var waiting: Deque<Int> = []
    }

    private let queueLimit: Int
    // One for each pipeline that limits its runs, and one number for each factory that does.
    private var lanes: [ObjectIdentifier: Lane] = [:]
    private var active: [ObjectIdentifier: Int] = [:]

    init(queueLimit: Int) {
        self.queueLimit = queueLimit
    }

    /// Finds a place for a new run.
    mutating func admit(_ sequence: Int, _ order: RunOrder) -> Admission {
        let factory = ObjectIdentifier(order.factory)
        if let limit = order.factory.runLimit, active[factory, default: 0] >= limit {
            return .none(.factoryFull(order.factory.name, limit))
        }
        var admission = Admission.place
        if let concurrency = order.pipeline.definition.concurrency {
            let key = ObjectIdentifier(order.pipeline)
            var lane = lanes[key, default: Lane()]
            if lane.taken < concurrency {
                lane.taken += 1
            } else if lane.waiting.count < queueLimit {
                lane.waiting.append(sequence)
                admission = .wait
            } else {
                return .none(.queueFull(order.pipeline.definition.name, queueLimit))
            }
            lanes[key] = lane
        }
        if order.factory.runLimit != nil { active[factory, default: 0] += 1 }
        return admission
    }

    /// Takes a run's place back.
    /// - Returns: the run that gets it now.
    mutating func leave(_ order: RunOrder) -> Int? {
        leaveFactory(order)
        guard order.pipeline.definition.concurrency != nil else { return nil }
        let key = ObjectIdentifier(order.pipeline)
        if let next = lanes[key]?.waiting.popFirst() { return next }
        lanes[key]?.taken -= 1
        return nil
    }

    /// Has a run wait no longer that was cancelled before it got a place.
    mutating func withdraw(_ sequence: Int, _ order: RunOrder) {
        leaveFactory(order)
        lanes[ObjectIdentifier(order.pipeline)]?.waiting.removeAll { $0 == sequence }
    }

    private mutating func leaveFactory(_ order: RunOrder) {
        if order.factory.runLimit != nil { active[ObjectIdentifier(order.factory), default: 0] -= 1 }
    }
}
