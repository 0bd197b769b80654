import DataFactory

extension ServiceAnswer {
    private static let factory =
        "/subscriptions/01234567-89ab-cdef-0123-456789abcdef/resourceGroups/rg-1/providers/Microsoft.DataFactory"
        + "/factories/adf-1"

    /// What the service has been seen to answer instead of starting a run.
    static let refusals: [ServiceAnswer] = [
        ServiceAnswer(
            "no such pipeline",
            404,
            error(
                "NotFound",
                "The document could not be retrieved because it does not exist.",
                target: "\(factory)/pipelines/p"
            ),
            .permanent,
            code: "NotFound"
        ),
        ServiceAnswer(
            "no such factory",
            404,
            #"{"error":{"code":"ResourceNotFound","message":"The Resource 'Microsoft.DataFactory/factories/X' was not found."}}"#,
            .access,
            code: "ResourceNotFound"
        ),
        ServiceAnswer(
            "no such parent",
            404,
            error("ParentResourceNotFound", "m"),
            .access,
            code: "ParentResourceNotFound"
        ),
        ServiceAnswer(
            "no such group",
            404,
            error("ResourceGroupNotFound", "m"),
            .access,
            code: "ResourceGroupNotFound"
        ),
        ServiceAnswer(
            "no such subscription",
            404,
            error("SubscriptionNotFound", "m"),
            .access,
            code: "SubscriptionNotFound"
        ),
        ServiceAnswer("codes have no case", 404, error("RESOURCENOTFOUND", "m"), .access, code: "RESOURCENOTFOUND"),
        ServiceAnswer("not from the service", 404, "<html>404 page not found</html>", .access, code: "HTTP404"),
        ServiceAnswer("empty", 404, "", .access, code: "HTTP404"),
        ServiceAnswer(
            "unknown reference run",
            400,
            error(
                "ReferencedPipelineRunNotFound",
                "Referenced pipeline run id X does not exist.",
                target: "pipelinerun"
            ),
            .permanent,
            code: "ReferencedPipelineRunNotFound"
        ),
        ServiceAnswer(
            "reference run id is none",
            400,
            error(
                "ReferencedPipelineRunNotValid",
                "Referenced pipeline run id {} is not a valid run id.",
                target: "pipeline/p/"
            ),
            .permanent,
            code: "ReferencedPipelineRunNotValid"
        ),
        ServiceAnswer(
            "bad expression",
            400,
            error(
                "BadRequest",
                "ErrorCode=InvalidTemplate, ErrorMessage=Unable to parse expression 'x'",
                target: "pipeline/p/runid/g"
            ),
            .permanent,
            code: "BadRequest"
        ),
        ServiceAnswer(
            "too large",
            400,
            error("BadRequest", "ErrorCode=FlowRunSizeLimitExceeded, ErrorMessage=x"),
            .permanent,
            code: "BadRequest"
        ),
        ServiceAnswer(
            "JSON that ARM cannot read",
            400,
            #"{"error":{"code":"BadRequest","message":null,"target":null,"details":null}}"#,
            .permanent,
            code: "BadRequest"
        ),
        ServiceAnswer(
            "flat",
            400,
            #"{"code":"BadRequest","message":null,"target":"pipeline//runid/XXXX","details":null,"error":null}"#,
            .permanent,
            code: "BadRequest"
        ),
        ServiceAnswer(
            "a string for an array",
            400,
            error("BadRequest", "The value of parameter 'files' must be an array."),
            .permanent,
            code: "BadRequest"
        ),
        ServiceAnswer(
            "a refusal that calls itself internal",
            400,
            error("BadRequest", "Internal error has occurred.."),
            .permanent,
            code: "BadRequest"
        ),
        ServiceAnswer(
            "API version",
            400,
            #"{"error":{"message":"Api version '2018-06-01' is not available for your subscription"}}"#,
            .permanent,
            code: "HTTP400"
        ),
        ServiceAnswer("nothing said", 400, "", .permanent, code: "HTTP400"),
        ServiceAnswer(
            "expired token",
            401,
            error(
                "ExpiredAuthenticationToken",
                "The access token expiry UTC time 'x' is earlier than current UTC time 'y'."
            ),
            .credential,
            code: "ExpiredAuthenticationToken",
            headers: ["WWW-Authenticate": #"Bearer authorization_uri="https://x/t", error="invalid_token""#]
        ),
        ServiceAnswer(
            "audience",
            401,
            error("InvalidAuthenticationTokenAudience", "m"),
            .credential,
            code: "InvalidAuthenticationTokenAudience"
        ),
        ServiceAnswer(
            "token",
            401,
            error("InvalidAuthenticationToken", "m"),
            .credential,
            code: "InvalidAuthenticationToken"
        ),
        ServiceAnswer("no token", 401, error("AuthenticationFailed", "m"), .credential, code: "AuthenticationFailed"),
        ServiceAnswer(
            "tenant",
            401,
            error("InvalidAuthenticationTokenTenant", "m"),
            .credential,
            code: "InvalidAuthenticationTokenTenant"
        ),
        ServiceAnswer("nothing said", 401, "", .credential, code: "HTTP401"),
        ServiceAnswer(
            "no role",
            403,
            error(
                "AuthorizationFailed",
                "The client 'c' with object id 'o' does not have authorization to perform action 'a'."
            ),
            .access,
            code: "AuthorizationFailed"
        ),
        ServiceAnswer("nothing said", 403, "", .access, code: "HTTP403"),
        ServiceAnswer(
            "not registered",
            409,
            error(
                "MissingSubscriptionRegistration",
                "The subscription is not registered to use 'Microsoft.DataFactory'."
            ),
            .access,
            code: "MissingSubscriptionRegistration"
        ),
        ServiceAnswer("another conflict", 409, error("Conflict", "m"), .permanent, code: "Conflict"),
        ServiceAnswer("method", 405, "", .permanent, code: "HTTP405"),
        ServiceAnswer("precondition", 412, "", .permanent, code: "HTTP412"),
        ServiceAnswer("body too large", 413, "", .permanent, code: "HTTP413"),
        ServiceAnswer("media type", 415, "", .permanent, code: "HTTP415"),
        ServiceAnswer("another address", 302, "", .credential, code: "Redirect", headers: ["Location": "https://x/"]),
        ServiceAnswer("another address", 307, "", .credential, code: "Redirect", headers: ["Location": "https://x/"]),
        ServiceAnswer("not asked for", 304, "", .credential, code: "Redirect"),
        ServiceAnswer("a proxy", 407, "<html>", .credential, code: "HTTP407"),
    ]
}
