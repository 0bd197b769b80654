import NIOConcurrencyHelpers

/// How many requests each route has had, by how they ended.
struct Statistics: Sendable {
    // Bounded by the number of routes times that of HTTP statuses.
    private let counts = NIOLockedValueBox<[RouteName: [String: Int]]>([:])

    func count(_ route: RouteName, _ tally: String) {
        counts.withLockedValue { $0[route, default: [:]][tally, default: 0] += 1 }
    }

    func forget() {
        counts.withLockedValue { $0 = [:] }
    }

    var json: [UInt8] {
        let counts = counts.withLockedValue { $0 }
        return JSONOutput.object { output in
            for route in RouteName.allCases {
                guard let tallies = counts[route] else { continue }
                output.member(route.rawValue) { output in
                    output.object { output in
                        for (tally, count) in tallies.sorted(by: { $0.key < $1.key }) {
                            output.member(tally) { $0.integer(count) }
                        }
                    }
                }
            }
        }
    }
}
