/// One of Azure's separate clouds: where its tokens come from and where its resources are managed.
///
/// The hosts are defaults. A private endpoint, a proxy or an emulator replaces each of them on its own.
public struct AzureCloud: Sendable, Hashable {
    /// The name it is configured by, such as `public`.
    public let name: String

    /// The login host without a scheme, such as `login.microsoftonline.com`.
    public let authorityHost: String

    /// The base URL of Azure Resource Manager, without a slash at its end.
    public let managementEndpoint: String

    /// The scope of a token for Azure Resource Manager. Its host need not be the endpoint's.
    public let managementScope: String

    // The hosts are those of azure-mgmt-core (Python 1.6, get_arm_endpoints), azure-identity (Python 1.27,
    // _constants) and azcore (Go, cloud.go).

    /// The cloud that everybody means who names none.
    public static let `public` = AzureCloud(
        name: "public",
        authorityHost: "login.microsoftonline.com",
        managementEndpoint: "https://management.azure.com",
        managementScope: "https://management.azure.com/.default"
    )

    /// Azure in China, operated by 21Vianet.
    public static let china = AzureCloud(
        name: "china",
        authorityHost: "login.chinacloudapi.cn",
        managementEndpoint: "https://management.chinacloudapi.cn",
        managementScope: "https://management.chinacloudapi.cn/.default"
    )

    /// Azure Government of the United States.
    public static let usGovernment = AzureCloud(
        name: "usGovernment",
        authorityHost: "login.microsoftonline.us",
        managementEndpoint: "https://management.usgovcloudapi.net",
        managementScope: "https://management.core.usgovcloudapi.net/.default"
    )

    /// Every cloud, the public one first.
    public static let all: [AzureCloud] = [.public, .china, .usGovernment]

    /// Finds a cloud by its ``name`` or by the name the Azure CLI has for it (`AzureCloud`, `AzureChinaCloud`,
    /// `AzureUSGovernment`), whatever the case of its letters. Nil for any other name.
    public init?(name: String) {
        switch name.lowercased() {
        case "public", "azurecloud": self = .public
        case "china", "azurechinacloud": self = .china
        case "usgovernment", "azureusgovernment": self = .usGovernment
        default: return nil
        }
    }

    private init(name: String, authorityHost: String, managementEndpoint: String, managementScope: String) {
        self.name = name
        self.authorityHost = authorityHost
        self.managementEndpoint = managementEndpoint
        self.managementScope = managementScope
    }
}
