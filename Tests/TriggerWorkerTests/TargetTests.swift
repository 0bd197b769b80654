import Testing

@testable import TriggerWorker

@Suite("A target")
struct TargetTests {
    @Test("its ARM id reads back as the same target")
    func roundTrip() {
        let target = Target.sample(resourceGroup: "RG (x)", factory: "Adf", pipeline: "É [a] %20")

        #expect(Target(resourceID: target.resourceID) == target)
        #expect(
            target.resourceID
                == "/subscriptions/\(sampleSubscription)/resourceGroups/RG (x)/providers/Microsoft.DataFactory"
                + "/factories/Adf/pipelines/É [a] %20"
        )
    }

    @Test("names keep their case, the words between them may have any")
    func anyCase() {
        let target = Target(
            resourceID: "/SubScriptions/S/ResourceGroups/R/PROVIDERS/microsoft.DATAFACTORY/factorieS/F/PIPELINES/P"
        )

        #expect(target == Target(subscriptionID: "S", resourceGroup: "R", factory: "F", pipeline: "P"))
    }

    @Test(
        "anything else is no ARM id of a pipeline",
        arguments: [
            "", "/", "nightly",
            "subscriptions/s/resourceGroups/r/providers/Microsoft.DataFactory/factories/f/pipelines/p",
            "/subscriptions/s/resourceGroups/r/providers/Microsoft.DataFactory/factories/f",
            "/subscriptions/s/resourceGroups/r/providers/Microsoft.DataFactory/factories/f/pipelines",
            "/subscriptions/s/resourceGroups/r/providers/Microsoft.DataFactory/factories/f/pipelines/p/",
            "/subscriptions/s/resourceGroups/r/providers/Microsoft.DataFactory/factories/f/pipelines/p/q",
            "//subscriptions/s/resourceGroups/r/providers/Microsoft.DataFactory/factories/f/pipelines/p",
            "/subscriptions//s/resourceGroups/r/providers/Microsoft.DataFactory/factories/f/pipelines/p",
            "/subscriptions/s/resourceGroups/r/providers/Microsoft.DataFactory/factories/f/triggers/p",
            "/subscriptions/s/resourceGroups/r/providers/Microsoft.Synapse/workspaces/f/pipelines/p",
            "/subscription/s/resourceGroups/r/providers/Microsoft.DataFactory/factories/f/pipelines/p",
            "/subscriptions/s/resourceGroup/r/providers/Microsoft.DataFactory/factories/f/pipelines/p",
            "/subscriptions/s/resourceGroups/r/provider/Microsoft.DataFactory/factories/f/pipelines/p",
            " /subscriptions/s/resourceGroups/r/providers/Microsoft.DataFactory/factories/f/pipelines/p",
        ]
    )
    func noResourceID(text: String) {
        #expect(Target(resourceID: text) == nil)
    }

    @Test("its key lowers ASCII letters and nothing else")
    func key() {
        let target = Target(subscriptionID: "AB", resourceGroup: "R_Ä", factory: "F-Z", pipeline: "É@[`{K\u{212A}")

        let expected =
            "/subscriptions/ab/resourcegroups/r_Ä/providers/microsoft.datafactory/factories/f-z/pipelines"
            + "/É@[`{k\u{212A}"
        #expect(target.key == Array(expected.utf8))
    }
}
