extension EmulatorCommand {
    /// What `--help` says besides the options: no line is longer than 80 columns.
    static let manual = """
        Point a client of Data Factory at it: the authority host and the
        management endpoint are both the URL it prints once it serves. Begin with

          adf-emulator --example > scenario.json
          adf-emulator --port 8181 --scenario scenario.json

        ROUTES OF THE SERVICE
          POST /{tenant}/oauth2/v2.0/token, /{tenant}/oauth2/token
          GET  /{tenant}/v2.0/.well-known/openid-configuration
          GET  /common/discovery/instance
          GET  /metadata/identity/oauth2/token             as on a machine
          GET  /msi/token                                  as in App Service
          GET  /arc/metadata/identity/oauth2/token         as with Azure Arc
          POST {factory}/pipelines/{name}/createRun
          GET  {factory}/pipelines/{name}
          GET  {factory}/pipelineruns/{runId}
          POST {factory}/pipelineruns/{runId}/cancel
          POST {factory}/pipelineruns/{runId}/queryActivityruns
          POST {factory}/queryPipelineRuns
        where {factory} is /subscriptions/…/resourceGroups/…/providers/
        Microsoft.DataFactory/factories/…, with api-version=2018-06-01.

        ROUTES OF ITS OWN
          GET  /emulator/ready     200 once it serves
          GET  /emulator/runs      every run, parameters as received
          GET  /emulator/requests  what clients sent, without secrets
          GET  /emulator/stats     answers by route and status, and the most
                                   requests at work at one time
          PUT  /emulator/faults    what shall go wrong: an array, see below
          GET  /emulator/faults    what of that is left
          POST /emulator/clock     {"advanceSeconds":60} puts the clock forward
          GET  /emulator/clock     the time runs, tokens and budgets go by
          POST /emulator/reset     forgets runs, counts, faults and budgets

        SCENARIO (JSON; defaults in parentheses; factories must be given)
          tenants          clients that may sign in, any if there are none:
                           tenantId, clientId, and proofs: clientSecret,
                           secretExpired (false), certificates (PEM or files),
                           federated: issuer, subject, audience, publicKey;
                           mayRun (true), mayRead (true): if not, 403
          managedIdentities  those of the machine: clientId, objectId,
                           resourceId, systemAssigned (false)
          identityHeader   opens /msi/token; arcKeyFile that of Azure Arc
          factories        subscriptionId, resourceGroup, name, runLimit (none),
                           pipelines: name, parameters, durationSeconds (5),
                           outcome (Succeeded) | Failed | Cancelled,
                           concurrency (none); parameters: {"NAME":
                           {"type": "Int", "defaultValue": 1}}
          runIds           (client) takes x-ms-client-request-id | server |
                           replayErrors repeats a refusal to the same id
          dedupeSeconds    how long a repeated id starts nothing (null: always)
          parameterCheck   (strict) 400 | lenient: accepted, and the run fails
          queueLimit       runs of a pipeline with concurrency that wait (100)
          queueOverflow    (refuse) 400 | fail: accepted, and the run fails
          queryLagSeconds  a new run is missing from query answers so long (0)
          unknownRunStatus of a run that is not there (404) | 400
          writes, reads    budget of a client in a subscription, null for none:
                           bucket (200, 250), perSecond (10, 25), renewsWait
                           (false): a call before Retry-After begins it anew
          tokenLifetimeSeconds (3599), tokenRefreshSeconds (none)
          clock            (system) | manual: stands still until put forward
          keptRuns         beyond so many, ended runs are dropped (100000)
          faults           in force from the start

        FAULTS, the first that strikes wins, in order
          {"route":"createRun","fault":"reset-after-commit","times":3}
          {"route":"*","fault":"latency","ms":200,"rate":0.1}
        route: token discovery imds appService arc createRun cancelRun getRun
        queryRuns queryActivityRuns getPipeline, or * for all. pipeline: only
        where the path names it. rate (0 to 1) or times; with neither, always.
        fault:
          latency (ms)               late, and later faults may strike too
          hang                       no answer until the client leaves
          reset-before-commit        cut off, nothing done
          reset-after-commit         done, then cut off
          reset-after-headers        done, status sent, then cut off
          commit-late (ms)           cut off at once, done so much later
          gateway-timeout (body)     504, nothing done
          gateway-timeout-after-commit (body)
          status (status, code, retryAfterSeconds, form, body)
          status-after-commit        the same, but done
          throttle (retryAfterSeconds, form, code, body)
          html (status)              a proxy's page, nothing done
          accepted                   202 in place of 200
          truncated-body-after-commit
          garbled-body-after-commit (body)
          claims-challenge           401 until the token was asked with claims
        form: seconds, date or ms. body of errors: flat, null-message, empty or
        text; of garbled: empty, text, html or object. A fault that can never
        strike is refused.

        EXIT CODES
          0 stopped by SIGTERM or SIGINT, 64 usage, 69 the address is taken,
          78 the scenario or a TLS file is wrong
        """
}
