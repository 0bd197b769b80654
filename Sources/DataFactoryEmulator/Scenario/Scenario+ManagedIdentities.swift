extension Scenario {
    /// An identity of the machine the client runs on.
    package struct ManagedIdentity: Sendable {
        /// Its application, as tokens name it.
        package var clientID: String
        /// Its object in the directory.
        package var objectID: String?
        /// Its resource; an identity the machine was given by its user has one.
        package var resourceID: String?
        /// It comes with the machine, and is meant where a request names none.
        package var isSystemAssigned = false
    }

    static func managedIdentities(_ reader: ScenarioReader) throws(ScenarioError) -> [ManagedIdentity] {
        var identities: [ManagedIdentity] = []
        for element in try reader.elements() {
            let members = try element.object(knowing: ["clientId", "objectId", "resourceId", "systemAssigned"])
            var identity = ManagedIdentity(clientID: try members.required("clientId").string())
            if let objectID = members["objectId"] { identity.objectID = try objectID.string() }
            if let resourceID = members["resourceId"] { identity.resourceID = try resourceID.string() }
            if let system = members["systemAssigned"] { identity.isSystemAssigned = try system.flag() }
            if identity.isSystemAssigned && identities.contains(where: \.isSystemAssigned) {
                throw ScenarioError(path: element.path, message: "a machine has one system-assigned identity at most")
            }
            identities.append(identity)
        }
        return identities
    }
}
