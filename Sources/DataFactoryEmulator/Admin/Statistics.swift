import NIOConcurrencyHelpers

/// How many requests each route has had, by how they ended, and how many were at work at one time.
struct Statistics: Sendable {
    private struct Traffic {
        var tallies: [String: Int] = [:]
        var atWork = 0
        var mostAtWork = 0
    }

    // Bounded by the number of routes times that of HTTP statuses.
    private let routes = NIOLockedValueBox<[RouteName: Traffic]>([:])

    /// A request is being worked on, or held back by a latency.
    func enter(_ route: RouteName) {
        routes.withLockedValue { routes in
            var traffic = routes[route, default: Traffic()]
            traffic.atWork += 1
            traffic.mostAtWork = max(traffic.mostAtWork, traffic.atWork)
            routes[route] = traffic
        }
    }

    /// A request is no longer being worked on.
    func leave(_ route: RouteName) {
        routes.withLockedValue { $0[route]?.atWork -= 1 }
    }

    func count(_ route: RouteName, _ tally: String) {
        routes.withLockedValue { $0[route, default: Traffic()].tallies[tally, default: 0] += 1 }
    }

    /// Begins anew; what is at work stays so.
    func forget() {
        routes.withLockedValue { routes in
            routes = routes.compactMapValues { traffic in
                traffic.atWork == 0 ? nil : Traffic(atWork: traffic.atWork, mostAtWork: traffic.atWork)
            }
        }
    }

    var json: [UInt8] {
        let routes = routes.withLockedValue { $0 }
        let known = RouteName.allCases.compactMap { name in routes[name].map { (name.rawValue, $0) } }
        return JSONOutput.object { output in
            for (name, traffic) in known where !traffic.tallies.isEmpty {
                output.member(name) { output in
                    output.object { output in
                        for (tally, count) in traffic.tallies.sorted(by: { $0.key < $1.key }) {
                            output.member(tally) { $0.integer(count) }
                        }
                    }
                }
            }
            if known.isEmpty { return }
            output.member("maximumInFlight") { output in
                output.object { output in
                    for (name, traffic) in known { output.member(name) { $0.integer(traffic.mostAtWork) } }
                }
            }
        }
    }
}
