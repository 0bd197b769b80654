import DataFactoryEmulator
import Foundation
import Testing

@Suite("Clients and identities of a scenario")
struct ScenarioClientTests {
    private static let keys = Result {
        let keys = try TestKeys()
        try keys.makeCertificate("small", key: "rsa:1024")
        return keys
    }

    private func error(_ member: String) throws -> ScenarioError? {
        let folder = try Self.keys.get().folder.path
        return #expect(throws: ScenarioError.self) {
            try Scenario(json: Array(#"{"factories":[],\#(member)}"#.utf8), folder: folder)
        }
    }

    @Test(
        "a mistake in a client is named by its path, with its mend",
        arguments: [
            (#"{"tenantId":"t","clientId":"c"}"#, "", "\"clientSecret\", \"certificates\" or \"federated\""),
            (
                #"{"tenantId":"t","clientId":"c","clientSecret":"s","secretExpired":1}"#, ".secretExpired",
                "true or false"
            ),
            (#"{"tenantId":"t","clientId":"c","certificates":["none.pem"]}"#, ".certificates[0]", "none.pem"),
            (
                #"{"tenantId":"t","clientId":"c","certificates":["small.key"]}"#, ".certificates[0]",
                "certificate in PEM"
            ),
            (#"{"tenantId":"t","clientId":"c","certificates":["small.pem"]}"#, ".certificates[0]", "2048 bits"),
            (#"{"tenantId":"t","clientId":"c","certificates":"small.pem"}"#, ".certificates", "an array"),
            (#"{"tenantId":"t","clientId":"c","federated":[{"subject":"s"}]}"#, ".federated[0]", "publicKey"),
            (
                #"{"tenantId":"t","clientId":"c","federated":[{"issuer":"i","subject":"s","publicKey":"small.pem"}]}"#,
                ".federated[0].publicKey", "public key in PEM"
            ),
            (
                #"{"tenantId":"t","clientId":"c","federated":[{"issuer":"i","subject":"s","key":"x"}]}"#,
                ".federated[0].key", "no such member"
            ),
        ]
    )
    func clients(_ client: String, _ path: String, _ hint: String) throws {
        let error = try error(#""tenants":[\#(client)]"#)

        #expect(error?.path == "$.tenants[0]" + path)
        #expect(error?.description.contains(hint) == true, "\(error?.description ?? "")")
    }

    @Test(
        "a mistake in an identity is named by its path",
        arguments: [
            (#""managedIdentities":[{"objectId":"o"}]"#, "$.managedIdentities[0]", "clientId"),
            (
                #""managedIdentities":[{"clientId":"c","principalId":"o"}]"#, "$.managedIdentities[0].principalId",
                "objectId"
            ),
            (
                #""managedIdentities":[{"clientId":"c","systemAssigned":true},{"clientId":"d","systemAssigned":true}]"#,
                "$.managedIdentities[1]", "one system-assigned"
            ),
            (#""identityHeader":"""#, "$.identityHeader", "a text"),
            (#""tokenRefreshSeconds":0"#, "$.tokenRefreshSeconds", "from 1"),
        ]
    )
    func identities(_ member: String, _ path: String, _ hint: String) throws {
        let error = try error(member)

        #expect(error?.path == path)
        #expect(error?.description.contains(hint) == true, "\(error?.description ?? "")")
    }
}
