import HTTPTypes

/// A refusal of an endpoint for managed identities.
struct ManagedIdentityError: Error {
    var status: Int
    /// The word for it, where the endpoint has one.
    var error: String
    var message: String
    var headers: HTTPFields = [:]
}

extension ManagedIdentityError {
    static var noMetadataHeader: ManagedIdentityError {
        refused("invalid_request", "Required metadata header not specified")
    }

    static var forwarded: ManagedIdentityError {
        refused("invalid_request", "The request has the header X-Forwarded-For; it must not come through a proxy")
    }

    static func missing(_ name: String) -> ManagedIdentityError {
        refused("invalid_request", "Required query variable '\(name)' is missing")
    }

    static func wrongVersion(_ version: String) -> ManagedIdentityError {
        refused("invalid_request", "The api-version '\(version)' is not supported")
    }

    static func unknownResource(_ name: String) -> ManagedIdentityError {
        refused(
            "invalid_resource",
            "AADSTS500011: The resource principal named \(name) was not found in the tenant of the identity."
        )
    }

    static var unknownIdentity: ManagedIdentityError {
        refused("invalid_request", "Identity not found")
    }

    static var ambiguous: ManagedIdentityError {
        refused(
            "invalid_request",
            "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the"
                + " token request"
        )
    }

    static var twoIdentities: ManagedIdentityError {
        refused("invalid_request", "The request names an identity in more than one way")
    }

    static var wrongHeader: ManagedIdentityError {
        ManagedIdentityError(status: 401, error: "unauthorized", message: "The identity header is missing or wrong")
    }

    /// The way in that Azure Arc shows: whoever can read the file may ask.
    static func challenge(keyFile: String) -> ManagedIdentityError {
        ManagedIdentityError(
            status: 401,
            error: "unauthorized_client",
            message: "Missing or wrong Basic Authorization header",
            headers: [.wwwAuthenticate: "Basic realm=\(keyFile)"]
        )
    }

    private static func refused(_ error: String, _ message: String) -> ManagedIdentityError {
        ManagedIdentityError(status: 400, error: error, message: message)
    }
}
