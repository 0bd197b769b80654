import AzureIdentity
import Testing

@Suite("Azure clouds")
struct AzureCloudTests {
    @Test(
        "a cloud is found by its name and by the Azure CLI's, whatever the case",
        arguments: [
            ("public", AzureCloud.public), ("AzureCloud", .public), ("PUBLIC", .public), ("china", .china),
            ("AzureChinaCloud", .china), ("usGovernment", .usGovernment), ("usgovernment", .usGovernment),
            ("azureusgovernment", .usGovernment),
        ]
    )
    func names(name: String, cloud: AzureCloud) {
        #expect(AzureCloud(name: name) == cloud)
    }

    @Test("any other name is none", arguments: ["", "germany", "public ", "AzureGermanCloud"])
    func unknownNames(name: String) {
        #expect(AzureCloud(name: name) == nil)
    }

    @Test(
        "each cloud has its own hosts",
        arguments: [
            (
                AzureCloud.public, "login.microsoftonline.com", "https://management.azure.com",
                "https://management.azure.com/.default"
            ),
            (
                .china, "login.chinacloudapi.cn", "https://management.chinacloudapi.cn",
                "https://management.chinacloudapi.cn/.default"
            ),
            (
                .usGovernment, "login.microsoftonline.us", "https://management.usgovcloudapi.net",
                "https://management.core.usgovcloudapi.net/.default"
            ),
        ]
    )
    func hosts(cloud: AzureCloud, authority: String, endpoint: String, scope: String) {
        #expect(cloud.authorityHost == authority)
        #expect(cloud.managementEndpoint == endpoint)
        #expect(cloud.managementScope == scope)
        #expect(AzureCloud.all.contains(cloud))
    }
}
