extension Scenario {
    /// A scenario to begin with: one client, one factory, and a pipeline for each way a run can end.
    package static let example = """
        {
          "tenants": [
            {
              "tenantId": "7f8f2b1e-0000-4000-8000-000000000001",
              "clientId": "7f8f2b1e-0000-4000-8000-000000000002",
              "clientSecret": "example+secret&1=%"
            }
          ],
          "tokenLifetimeSeconds": 3599,
          "factories": [
            {
              "subscriptionId": "7f8f2b1e-0000-4000-8000-000000000003",
              "resourceGroup": "rg-data",
              "name": "adf-example",
              "pipelines": [
                {
                  "name": "ingest-orders",
                  "parameters": {
                    "windowStart": {"type": "String"},
                    "batch": {"type": "Int", "defaultValue": 1},
                    "tables": {"type": "Array", "defaultValue": []}
                  },
                  "durationSeconds": 3
                },
                {"name": "always-fails", "durationSeconds": 1, "outcome": "Failed"}
              ]
            }
          ],
          "runIds": "client",
          "parameterCheck": "strict",
          "queryLagSeconds": 0,
          "dedupeSeconds": null,
          "writes": {"bucket": 200, "perSecond": 10},
          "reads": {"bucket": 250, "perSecond": 25},
          "faults": []
        }
        """
}
