/// Where a machine's managed identities are asked for tokens.
enum IdentityRoute: Sendable {
    /// The metadata service of a virtual machine.
    case imds
    /// App Service, Functions and Container Apps.
    case appService
    /// A machine outside Azure that Azure Arc manages.
    case arc

    init?(keys: [String]) {
        switch keys {
        case ["metadata", "identity", "oauth2", "token"]: self = .imds
        case ["msi", "token"]: self = .appService
        case ["arc", "metadata", "identity", "oauth2", "token"]: self = .arc
        default: return nil
        }
    }

    /// The name it is counted under.
    var name: RouteName {
        switch self {
        case .imds: .imds
        case .appService: .appService
        case .arc: .arc
        }
    }
}
