/// The identities of the machine, and which of them a request means.
struct ManagedIdentities: Sendable {
    /// How a request says which identity it wants.
    struct Choice: Sendable {
        var clientID: String?
        var objectID: String?
        var resourceID: String?

        /// How many of the three it gives.
        var count: Int { [clientID, objectID, resourceID].count { $0 != nil } }
    }

    private let identities: [Scenario.ManagedIdentity]

    init(_ identities: [Scenario.ManagedIdentity]) {
        self.identities = identities
    }

    /// The identity that is meant: the one that is named; where none is named, the machine's own, or else the only one
    /// its user gave it.
    func identity(_ choice: Choice) throws(ManagedIdentityError) -> Scenario.ManagedIdentity {
        if choice.count == 0 {
            if let system = identities.first(where: \.isSystemAssigned) { return system }
            guard identities.count < 2 else { throw .ambiguous }
            guard let only = identities.first else { throw .unknownIdentity }
            return only
        }
        guard choice.count == 1 else { throw .twoIdentities }
        guard let named = identities.first(where: { $0.isNamed(by: choice) }) else { throw .unknownIdentity }
        return named
    }
}

extension Scenario.ManagedIdentity {
    fileprivate func isNamed(by choice: ManagedIdentities.Choice) -> Bool {
        func same(_ own: String?, _ asked: String?) -> Bool {
            own != nil && own?.lowercased() == asked?.lowercased()
        }
        return same(clientID, choice.clientID) || same(objectID, choice.objectID)
            || same(resourceID, choice.resourceID)
    }
}
