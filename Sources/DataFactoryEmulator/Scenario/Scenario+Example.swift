extension Scenario {
    /// A scenario to begin with: every setting with its usual value, a client that may run and one that may only
    /// read, and a pipeline for each way a run can go.
    package static let example = """
        {
          "tenants": [
            {
              "tenantId": "7f8f2b1e-0000-4000-8000-000000000001",
              "clientId": "7f8f2b1e-0000-4000-8000-000000000002",
              "clientSecret": "example+secret&1=%"
            },
            {
              "tenantId": "7f8f2b1e-0000-4000-8000-000000000001",
              "clientId": "7f8f2b1e-0000-4000-8000-000000000004",
              "clientSecret": "reads only",
              "mayRun": false
            }
          ],
          "tokenLifetimeSeconds": 3599,
          "factories": [
            {
              "subscriptionId": "7f8f2b1e-0000-4000-8000-000000000003",
              "resourceGroup": "rg-data",
              "name": "adf-example",
              "runLimit": 10000,
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
                {"name": "always-fails", "durationSeconds": 1, "outcome": "Failed"},
                {"name": "one-at-a-time", "durationSeconds": 10, "concurrency": 1}
              ]
            }
          ],
          "clock": "system",
          "runIds": "client",
          "dedupeSeconds": null,
          "parameterCheck": "strict",
          "queueLimit": 100,
          "queueOverflow": "refuse",
          "queryLagSeconds": 0,
          "unknownRunStatus": 404,
          "keptRuns": 100000,
          "writes": {"bucket": 200, "perSecond": 10},
          "reads": {"bucket": 250, "perSecond": 25},
          "faults": []
        }
        """
}
