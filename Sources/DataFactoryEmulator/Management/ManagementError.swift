import HTTPTypes

/// A refusal in the shape of ARM and Data Factory.
struct ManagementError: Error {
    var status: Int
    var code: String
    var message: String
    var target: String?
    /// Whether ARM made it: its bodies are shorter than Data Factory's, and a header says so.
    var isFromGateway = false
    var headers: HTTPFields = [:]

    func answer() -> Answer {
        let body = JSONOutput.object { output in
            output.member("error") { output in
                output.object { output in
                    output.member("code", code)
                    output.member("message", message)
                    if isFromGateway { return }
                    output.member("target", target)
                    output.member("details", nil)
                }
            }
        }
        var all = Self.contentHeaders
        if isFromGateway { all[.failureCause] = "gateway" }
        for field in headers { all.append(field) }
        return Answer(status: status, headers: all, body: body)
    }

    static let contentHeaders: HTTPFields = [.contentType: "application/json; charset=utf-8"]
}

extension ManagementError {
    static var missingVersion: ManagementError {
        gateway(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests."
        )
    }

    static func wrongVersion(_ version: String) -> ManagementError {
        gateway(
            400,
            "InvalidApiVersionParameter",
            "The api-version '\(version)' is invalid. The supported version is '2018-06-01'."
        )
    }

    static func unauthorized(_ code: String, _ message: String, authority: String) -> ManagementError {
        var error = gateway(401, code, message)
        error.headers[.wwwAuthenticate] =
            "Bearer authorization_uri=\"\(authority)/common\", error=\"invalid_token\","
            + " error_description=\"\(message)\""
        return error
    }

    static func wrongAudience(_ audience: String, authority: String) -> ManagementError {
        unauthorized(
            "InvalidAuthenticationTokenAudience",
            "The access token has been obtained for wrong audience or resource '\(audience)'. It should exactly match"
                + " with one of the allowed audiences 'https://management.core.windows.net/',"
                + "'https://management.azure.com/'.",
            authority: authority
        )
    }

    static func malformedSubscription(_ id: String) -> ManagementError {
        gateway(400, "InvalidSubscriptionId", "The provided subscription identifier '\(id)' is malformed or invalid.")
    }

    static func unknownSubscription(_ id: String) -> ManagementError {
        gateway(404, "SubscriptionNotFound", "The subscription '\(id)' could not be found.")
    }

    static func unknownResourceGroup(_ name: String) -> ManagementError {
        gateway(404, "ResourceGroupNotFound", "Resource group '\(name)' could not be found.")
    }

    static func unknownFactory(_ address: FactoryAddress) -> ManagementError {
        gateway(
            404,
            "ResourceNotFound",
            "The Resource 'Microsoft.DataFactory/factories/\(address.factory)' under resource group"
                + " '\(address.resourceGroup)' was not found. For more details please go to"
                + " https://aka.ms/ARMResourceNotFoundFix"
        )
    }

    static func unknownDocument(_ resourceID: String) -> ManagementError {
        ManagementError(
            status: 404,
            code: "NotFound",
            message: "The document could not be retrieved because it does not exist.",
            target: resourceID
        )
    }

    static func unknownReference(_ runID: String) -> ManagementError {
        ManagementError(
            status: 400,
            code: "ReferencedPipelineRunNotFound",
            message: "Referenced pipeline run id \(runID) does not exist.",
            target: "pipelinerun"
        )
    }

    static func invalidReference(_ runID: String, pipeline: String) -> ManagementError {
        ManagementError(
            status: 400,
            code: "ReferencedPipelineRunNotValid",
            message: "Referenced pipeline run id \(runID) is not a valid run id.",
            target: "pipeline/\(pipeline)/"
        )
    }

    static func badRequest(_ message: String, target: String? = nil) -> ManagementError {
        ManagementError(status: 400, code: "BadRequest", message: message, target: target)
    }

    static func queueFull(_ pipeline: String, _ limit: Int) -> ManagementError {
        badRequest(
            "Pipeline execution throttled. If the concurrency value is set for a pipeline, a maximum of \(limit) runs"
                + " will be queued for execution.",
            target: "pipeline/\(pipeline)/"
        )
    }

    static func factoryFull(_ factory: String, _ limit: Int) -> ManagementError {
        badRequest(
            "Pipeline execution throttled. The factory '\(factory)' has reached its limit of \(limit) concurrent runs.",
            target: "factory/\(factory)/"
        )
    }

    static func forbidden(clientID: String, action: String, scope: String) -> ManagementError {
        gateway(
            403,
            "AuthorizationFailed",
            "The client '\(clientID)' with object id '\(clientID)' does not have authorization to perform action"
                + " '\(action)' over scope '\(scope)' or the scope is invalid. If access was recently granted, please"
                + " refresh your credentials."
        )
    }

    static func throttled(_ kind: OperationKind, subscription: String, client: String, seconds: Int) -> ManagementError
    {
        var error = gateway(
            429,
            "SubscriptionRequestsThrottled",
            "Number of '\(kind.rawValue)' requests for subscription '\(subscription)' actor '\(client)' exceeded."
                + " Please try again after '\(seconds)' seconds after additional tokens are available."
        )
        error.headers[.retryAfter] = String(seconds)
        return error
    }

    static var gatewayTimeout: ManagementError {
        gateway(
            504,
            "GatewayTimeout",
            "The gateway did not receive a response from 'Microsoft.DataFactory' within the specified time period."
        )
    }

    static var unknownPath: ManagementError {
        gateway(404, "InvalidResourceType", "No resource type or action of the emulator is at this path.")
    }

    static func wrongMethod(allowed: String) -> ManagementError {
        var error = gateway(405, "MethodNotAllowed", "This path answers \(allowed) only.")
        error.headers[.allow] = allowed
        return error
    }

    private static func gateway(_ status: Int, _ code: String, _ message: String) -> ManagementError {
        ManagementError(status: status, code: code, message: message, isFromGateway: true)
    }
}
