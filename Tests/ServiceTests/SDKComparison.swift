import TestSupport

/// What differs between the requests of Microsoft's SDK and those of our client for the same call.
enum SDKComparison {
    /// What the names of those cases of `sdk_check.py` begin with that record what was sent.
    static let prefix = "sent "

    /// One field in which the two differ; nil is a field that is not sent.
    struct Difference: Hashable, Sendable {
        var field: String
        var sdk: String?
        var ours: String?
    }

    /// The differences between two captures of one call.
    ///
    /// The requests of the call's own route are compared field by field. One that only one of them sends, such as the
    /// discovery before a token request, is a difference as a whole.
    static func differences(sdk: [SentRequest], ours: [SentRequest], route: String) throws -> Set<Difference> {
        guard let theirs = sdk.last(where: { $0.route == route }), let mine = ours.last(where: { $0.route == route })
        else {
            throw NeverHappened(description: "not both sent \(route): \(sdk.map(\.line)), \(ours.map(\.line))")
        }
        var differences: Set<Difference> = []
        for field in Set(theirs.fields.keys).union(mine.fields.keys) where theirs.fields[field] != mine.fields[field] {
            differences.insert(Difference(field: field, sdk: theirs.fields[field], ours: mine.fields[field]))
        }
        for line in Set(others(sdk, route)).symmetricDifference(others(ours, route)) {
            let isTheirs = others(sdk, route).contains(line)
            differences.insert(
                Difference(field: "request \(line)", sdk: isTheirs ? "sent" : nil, ours: isTheirs ? nil : "sent")
            )
        }
        let counts = [sdk, ours].map { requests in requests.count { $0.route == route } }
        if counts[0] != counts[1] {
            differences.insert(Difference(field: "requests", sdk: "\(counts[0])", ours: "\(counts[1])"))
        }
        return differences
    }

    private static func others(_ requests: [SentRequest], _ route: String) -> [String] {
        requests.filter { $0.route != route }.map(\.line)
    }
}
