/// Which clients lack which permissions.
struct AccessRules: Sendable {
    private let mayNotRun: Set<String>
    private let mayNotRead: Set<String>

    init(_ tenants: [Scenario.Tenant]) {
        // A client listed twice has the rights of both.
        let byClient = Dictionary(grouping: tenants) { $0.clientID.lowercased() }
        self.mayNotRun = Set(byClient.filter { !$0.value.contains(where: \.mayRun) }.keys)
        self.mayNotRead = Set(byClient.filter { !$0.value.contains(where: \.mayRead) }.keys)
    }

    func allows(_ operation: Operation, clientID: String) -> Bool {
        switch operation.kind {
        case .write: !mayNotRun.contains(clientID.lowercased())
        case .read: !mayNotRead.contains(clientID.lowercased())
        }
    }
}
