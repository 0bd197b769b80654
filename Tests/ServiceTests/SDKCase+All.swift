extension SDKCase {
    /// All cases, by what they are about.
    static let all = whoAsks + runs + refusals + mishaps

    private static let factoryID =
        "/subscriptions/\(SDKStage.subscription)/resourceGroups/rg-test/providers/Microsoft.DataFactory/factories/adf-test"
    private static let unknownRun = "99999999-9999-4999-8999-999999999999"

    private static let whoAsks: [SDKCase] = [
        SDKCase("a secret gives a token", #"{"started":true,"tokens":1}"#),
        SDKCase("a certificate gives a token", #"{"started":true}"#),
        SDKCase("a certificate with its chain gives a token", #"{"started":true}"#),
        SDKCase("one token serves many calls", #"{"tokens":1,"runs":5}"#),
        .raises("a wrong secret", "ClientAuthenticationError", entra: "AADSTS7000215"),
        .raises("an unknown client", "ClientAuthenticationError", entra: "AADSTS700016"),
        // Entra ID refuses the discovery already, and the SDK drops what it says of it.
        SDKCase(
            "an unknown tenant",
            #"{"raised":"ClientAuthenticationError","isAzureError":true,"discovery":[400]}"#
        ),
        .raises("an unknown certificate", "ClientAuthenticationError", entra: "AADSTS700027"),
        .raises(
            "a token that is none",
            "ClientAuthenticationError",
            status: 401,
            code: "InvalidAuthenticationToken"
        ),
        .raises(
            "a token for another service",
            "ClientAuthenticationError",
            status: 401,
            code: "InvalidAuthenticationTokenAudience"
        ),
        .raises("a principal without the right", "HttpResponseError", status: 403, code: "AuthorizationFailed"),
        SDKCase("a token endpoint that is down for a moment", #"{"started":true}"#),
        .raises("a token endpoint that answers html", "ClientAuthenticationError"),
        SDKCase("a claims challenge", #"{"started":true,"tokensWithClaims":1}"#),
    ]

    private static let runs: [SDKCase] = [
        SDKCase("a run without parameters", #"{"idIsTheRequests":true,"parameters":{},"pipeline":"ingest-orders"}"#),
        SDKCase("a run with parameters of every type", #"{"asSent":true}"#),
        SDKCase(
            "a run that recovers another",
            """
            {"different":true,"oneGroup":true,"latest":[false,false,true],
             "parameters":[{"batch":"7","note":""},{"batch":"7","note":""},{"batch":"7","note":""}]}
            """
        ),
        SDKCase("a pipeline with an odd name", #"{"pipeline":true,"get":true,"run":true}"#),
        SDKCase(
            "a pipeline is read",
            """
            {"name":"every-type","type":"Microsoft.DataFactory/factories/pipelines","hasETag":true,"default":1,
             "parameters":{"text":"String","number":"Int","fraction":"Float","flag":"Bool","list":"Array",
             "object":"Object"}}
            """
        ),
        SDKCase("a pipeline that has not changed", #"{"value":null,"status":304}"#),
        SDKCase(
            "a run is read",
            """
            {"id":true,"group":true,"isLatest":true,"pipeline":"every-type","isLive":true,"invokedBy":"Manual",
             "startIsATime":true,"end":null,
             "parameters":{"number":"5","list":"[1]","text":"x","fraction":"0.5","flag":"false","object":"{}"}}
            """
        ),
        SDKCase("a run is cancelled", #"{"cancelled":true}"#),
        SDKCase("many runs are queried page by page", #"{"pages":[100,100,50],"each":true}"#),
        SDKCase("runs are filtered and ordered", #"{"found":true,"token":null}"#),
    ]

    private static let refusals: [SDKCase] = [
        .raises(
            "a pipeline that is not there",
            "ResourceNotFoundError",
            status: 404,
            code: "NotFound",
            target: "\(factoryID)/pipelines/none"
        ),
        .raises(
            "a run of a pipeline that is not there",
            "ResourceNotFoundError",
            status: 404,
            code: "NotFound",
            target: "\(factoryID)/pipelines/none"
        ),
        .raises("a factory that is not there", "ResourceNotFoundError", status: 404, code: "ResourceNotFound"),
        .raises(
            "a resource group that is not there",
            "ResourceNotFoundError",
            status: 404,
            code: "ResourceGroupNotFound"
        ),
        .raises("a subscription that is not there", "ResourceNotFoundError", status: 404, code: "SubscriptionNotFound"),
        .raises(
            "a run that is not there",
            "ResourceNotFoundError",
            status: 404,
            code: "NotFound",
            target: "\(factoryID)/pipelineruns/\(unknownRun)"
        ),
        .raises(
            "a cancel of a run that is not there",
            "HttpResponseError",
            status: 400,
            code: "ReferencedPipelineRunNotFound",
            target: "pipelinerun"
        ),
        .raises(
            "a recovery of a run that is not there",
            "HttpResponseError",
            status: 400,
            code: "ReferencedPipelineRunNotFound",
            target: "pipelinerun"
        ),
        .raises(
            "a parameter of the wrong type",
            "HttpResponseError",
            status: 400,
            code: "BadRequest",
            target: "pipeline/ingest-orders/"
        ),
        .raises(
            "a parameter that is not declared",
            "HttpResponseError",
            status: 400,
            code: "BadRequest",
            target: "pipeline/ingest-orders/"
        ),
        .raises(
            "an api version that does not exist",
            "HttpResponseError",
            status: 400,
            code: "InvalidApiVersionParameter"
        ),
        .raises(
            "a query with an operand that does not exist",
            "HttpResponseError",
            status: 400,
            code: "BadRequest"
        ),
        .raises(
            "a conflict",
            "ResourceExistsError",
            status: 409,
            code: "MissingSubscriptionRegistration",
            traffic: (sent: 1, ids: 1, runs: 0)
        ),
    ]

    private static let mishaps: [SDKCase] = [
        .repeats("throttled once with a wait", sent: 2, hasWaited: true),
        .raises(
            "throttled for ever with a wait",
            "HttpResponseError",
            status: 429,
            code: "SubscriptionRequestsThrottled",
            traffic: (sent: 2, ids: 1, runs: 0),
            hasWaited: true
        ),
        // A POST is repeated after 429 only where the answer says when (azure-core 1.41).
        .raises(
            "throttled without a wait",
            "HttpResponseError",
            status: 429,
            code: "SubscriptionRequestsThrottled",
            traffic: (sent: 1, ids: 1, runs: 0)
        ),
        .repeats("an inner error once", sent: 2),
        .raises(
            "an inner error for ever",
            "HttpResponseError",
            status: 500,
            code: "InternalServerError",
            traffic: (sent: 2, ids: 1, runs: 0)
        ),
        .repeats("unavailable twice", sent: 3),
        .repeats("a gateway timeout after the run began", sent: 2),
        .raises(
            "a gateway timeout for ever",
            "HttpResponseError",
            status: 504,
            code: "GatewayTimeout",
            traffic: (sent: 2, ids: 1, runs: 0)
        ),
        .raises(
            "a bad gateway that answers html",
            "HttpResponseError",
            status: 502,
            traffic: (sent: 1, ids: 1, runs: 0)
        ),
        // Not an exception of the SDK's own: it lets its JSON reader's through.
        SDKCase(
            "a page of html in place of a run",
            #"{"raised":"JSONDecodeError","isAzureError":false,"sent":1,"ids":1,"runs":0}"#
        ),
        .raises("an answer that breaks off", "IncompleteReadError", traffic: (sent: 1, ids: 1, runs: 1)),
        .raises(
            "a connection reset before the run began",
            "ServiceResponseError",
            traffic: (sent: 1, ids: 1, runs: 0)
        ),
        .raises(
            "a connection reset after the run began",
            "ServiceResponseError",
            traffic: (sent: 1, ids: 1, runs: 1)
        ),
        SDKCase(
            "a connection reset under a read",
            #"{"succeeded":true,"isTheRun":false,"sent":2,"ids":1,"runs":0}"#
        ),
        .raises("an answer that never comes", "ServiceResponseTimeoutError", traffic: (sent: 1, ids: 1, runs: 0)),
    ]
}
