import HTTPTypes

/// A request for a token, checked for form but not for truth.
struct TokenRequest: Sendable {
    /// What a client proves itself with.
    enum Proof: Sendable {
        case secret(String)
        /// A signed token: of the client's own certificate, or of an issuer it is federated with.
        case assertion(String)
    }

    var clientID: String
    var proof: Proof
    /// The service the token is for.
    var resource: Resource
    var claims: RequestedClaims

    init(_ exchange: Exchange, tenant: String, version: EntraVersion) throws(TokenError) {
        guard let text = String(validating: exchange.body, as: UTF8.self), let form = FormFields(text[...]) else {
            throw .malformedForm
        }
        let grantType = try form.required("grant_type")
        guard grantType == "client_credentials" else { throw .unsupportedGrantType(grantType) }
        let basic = try Self.basic(exchange)
        if let basic { self.clientID = basic.name } else { self.clientID = try form.required("client_id") }
        self.resource = try Self.resource(form, exchange, tenant: tenant, version: version)
        self.claims = try Self.claims(form)
        self.proof = try Self.proof(form, basic)
    }

    private static func resource(
        _ form: FormFields,
        _ exchange: Exchange,
        tenant: String,
        version: EntraVersion
    ) throws(TokenError) -> Resource {
        let resource: Resource
        switch version {
        case .v1:
            guard let name = form.given("resource") else { throw .missingField("resource") }
            guard let known = Resource(name) else { throw .unknownResource(name, tenant: tenant) }
            resource = known
        case .v2:
            if form["resource"] != nil { throw .resourceOnVersion2 }
            guard let scope = form.given("scope") else { throw .missingField("scope") }
            guard let known = Resource(scope: scope) else { throw .badScope(scope) }
            resource = known
        }
        guard resource.isKnown(authority: exchange.authority) else {
            throw .unknownResource(resource.name, tenant: tenant)
        }
        return resource
    }

    private static func basic(_ exchange: Exchange) throws(TokenError) -> BasicCredentials? {
        guard let header = exchange.headers[.authorization] else { return nil }
        guard let basic = BasicCredentials(header) else { throw .malformedForm }
        return basic
    }

    private static func claims(_ form: FormFields) throws(TokenError) -> RequestedClaims {
        guard let text = form.given("claims") else { return RequestedClaims() }
        guard let claims = RequestedClaims(text) else { throw .badParameter("claims", "it is not a JSON object") }
        return claims
    }

    private static func proof(_ form: FormFields, _ basic: BasicCredentials?) throws(TokenError) -> Proof {
        let given = [basic?.password, form.given("client_secret"), form.given("client_assertion")].compactMap(\.self)
        guard given.count < 2 else { throw .badParameter("client_secret", "the client proves itself more than once") }
        if let assertion = form.given("client_assertion") {
            let type = try form.required("client_assertion_type")
            guard type == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" else {
                throw .badParameter("client_assertion_type", "'\(type)' is not supported")
            }
            return .assertion(assertion)
        }
        guard let secret = given.first else { throw .noProof }
        return .secret(secret)
    }
}

extension FormFields {
    /// The field's value, unless it is empty.
    fileprivate func given(_ name: String) -> String? {
        self[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    fileprivate func required(_ name: String) throws(TokenError) -> String {
        guard let value = given(name) else { throw .missingParameter(name) }
        return value
    }
}
