public import AzureIdentity

/// Starts, reads and cancels pipeline runs of any factory one principal may reach in one cloud.
///
/// It sends each request once, except that a token refused with 401 is replaced and the request repeated with the
/// fresh one. All other repeating is for the caller, who knows by ``DataFactoryError/disposition`` what may be repeated.
public final class DataFactoryClient: Sendable {
    /// How long one exchange with ARM may take: 70 s. ARM itself gives up on a resource provider after 60 s and answers
    /// 504 (resource provider contract, "Client Request Timeout"); waiting longer lets that answer arrive.
    public static let defaultTimeout = Duration.seconds(70)

    /// The only generally available version of Data Factory's API.
    static let apiVersion = "api-version=2018-06-01"

    static let acceptJSON = HTTPHeader(name: "accept", value: "application/json")
    static let sendsJSON = HTTPHeader(name: "content-type", value: "application/json; charset=utf-8")

    let endpoint: String
    let timeout: Duration
    private let tokens: TokenCache
    private let transport: any HTTPTransport
    private let scope: String

    /// Makes a client. Nothing is sent yet.
    ///
    /// - Parameters:
    ///   - endpoint: The cloud's ARM endpoint, such as `https://management.azure.com`. Plain http is accepted for
    ///     loopback addresses alone; the first request says so otherwise.
    ///   - credential: Who asks. Its tokens are cached here, unless it is a ``TokenCache`` itself; share one of those
    ///     between clients of the same principal.
    ///   - transport: What sends the requests.
    ///   - timeout: How long one exchange may take.
    ///   - scope: What tokens are asked for, such as `https://management.azure.com/.default`.
    public init(
        endpoint: String,
        credential: any TokenCredential,
        transport: any HTTPTransport,
        timeout: Duration = DataFactoryClient.defaultTimeout,
        scope: String
    ) {
        var endpoint = endpoint[...]
        while endpoint.last == "/" { endpoint.removeLast() }
        self.endpoint = String(endpoint)
        tokens = credential as? TokenCache ?? TokenCache(credential)
        self.transport = transport
        self.timeout = timeout
        self.scope = scope
    }

    /// Sends with a token; once more with another one after a 401.
    ///
    /// A 401 is ARM's own refusal, before anything was started, so even createRun may be repeated after it. Where the
    /// refusal demands claims the new token is asked for with them; that too counts as the one repetition.
    ///
    /// - Returns: The answer, and the token that was taken or refused with it, which no error may repeat.
    func exchange(
        _ request: HTTPRequest,
        effect: DataFactoryError.Effect
    ) async throws(DataFactoryError) -> (response: HTTPResponse, token: AccessToken) {
        let token = try await token()
        let response = try await send(request, with: token, effect: effect)
        guard response.status == 401 else { return (response, token) }
        let fresh = try await self.token(insteadOf: token, claims: ClaimsChallenge.claims(in: response))
        let repeated = try await send(request, with: fresh, effect: effect)
        // Refused as well: nobody else shall have to find that out.
        if repeated.status == 401 { tokens.invalidate(fresh) }
        return (repeated, fresh)
    }

    private func token() async throws(DataFactoryError) -> AccessToken {
        if let token = tokens.cachedToken(for: scope) { return token }
        do {
            return try await tokens.token(for: scope)
        } catch {
            throw DataFactoryError(identity: error)
        }
    }

    private func token(insteadOf refused: AccessToken, claims: String?) async throws(DataFactoryError) -> AccessToken {
        do {
            return try await tokens.token(for: scope, claims: claims, insteadOf: refused)
        } catch {
            throw DataFactoryError(identity: error)
        }
    }

    private func send(
        _ request: HTTPRequest,
        with token: AccessToken,
        effect: DataFactoryError.Effect
    ) async throws(DataFactoryError) -> HTTPResponse {
        var request = request
        request.headers.append(HTTPHeader(name: "authorization", value: token.authorization))
        do {
            return try await transport.send(request)
        } catch {
            throw DataFactoryError(transport: error, effect: effect)
        }
    }
}
