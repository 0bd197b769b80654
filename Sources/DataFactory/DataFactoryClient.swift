public import AzureIdentity

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Starts and looks up pipeline runs of any factory one principal may reach in one cloud.
///
/// It sends each request once, except that a token refused with 401 is replaced and the request repeated with the
/// fresh one. All other repeating is for the caller, who knows by ``DataFactoryError/disposition`` what may be repeated.
public final class DataFactoryClient: Sendable {
    /// How long one exchange with ARM may take: 70 s. ARM itself gives up on a resource provider after 60 s and answers
    /// 504 (resource provider contract, "Client Request Timeout"); waiting longer lets that answer arrive.
    public static let defaultTimeout = Duration.seconds(70)

    /// The only generally available version of Data Factory's API.
    private static let apiVersion = "api-version=2018-06-01"

    private let endpoint: String
    private let tokens: TokenCache
    private let transport: any HTTPTransport
    private let timeout: Duration
    private let scope: String

    /// Makes a client. Nothing is sent yet.
    ///
    /// - Parameters:
    ///   - endpoint: The cloud's ARM endpoint, such as `https://management.azure.com`. Plain http is accepted for
    ///     loopback addresses alone.
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

    /// Starts one run.
    ///
    /// - Parameters:
    ///   - pipeline: What to run.
    ///   - parameters: A JSON object whose members are the pipeline's parameters, sent byte for byte. Empty means `{}`.
    ///   - options: Recovery of a former run, if that is what it is.
    ///   - clientRequestID: A UUID without braces, one per run that is wanted: Data Factory has been seen to use it as
    ///     the run's id and to start nothing new when it comes again.
    /// - Throws: ``DataFactoryError``; its ``DataFactoryError/disposition`` tells whether a run may exist.
    public func createRun(
        _ pipeline: PipelineReference,
        parameters: [UInt8],
        options: RunOptions = RunOptions(),
        clientRequestID: String
    ) async throws(DataFactoryError) -> CreatedRun {
        let response = try await exchange(
            HTTPRequest(
                method: .post,
                url: "\(endpoint)\(pipeline.resourcePath)/createRun?\(Self.apiVersion)\(options.query)",
                headers: [
                    Self.acceptJSON, Self.sendsJSON, HTTPHeader(name: "x-ms-client-request-id", value: clientRequestID),
                ],
                body: parameters.isEmpty ? Self.noParameters : parameters,
                timeout: timeout
            ),
            effect: .startsRun
        )
        guard (200..<300).contains(response.status) else {
            throw DataFactoryError(answer: response, effect: .startsRun, now: Date())
        }
        // Any 2xx: the same call to Azure Synapse is answered with 202.
        guard let runID = RunIDScanner.runID(in: response.body) else {
            throw DataFactoryError(unreadable: response, effect: .startsRun)
        }
        return CreatedRun(
            runID: runID,
            azureRequestID: response.azureRequestID,
            remainingWrites: response.remainingWrites
        )
    }

    /// Looks up one run.
    ///
    /// - Returns: Nil if there is no such run, or nothing that could hold it.
    /// - Throws: ``DataFactoryError``; what would be ambiguous for a start is safe here.
    public func run(_ id: String, in factory: FactoryReference) async throws(DataFactoryError) -> PipelineRun? {
        do {
            try ResourceName.checkRunID(id)
        } catch {
            throw DataFactoryError(disposition: .permanent, code: "InvalidRunID", message: "\(error)")
        }
        let response = try await exchange(
            HTTPRequest(
                method: .get,
                url: "\(endpoint)\(factory.resourcePath)/pipelineruns/\(id)?\(Self.apiVersion)",
                headers: [Self.acceptJSON],
                timeout: timeout
            ),
            effect: .readsOnly
        )
        if response.status == 404 { return nil }
        guard (200..<300).contains(response.status) else {
            let error = DataFactoryError(answer: response, effect: .readsOnly, now: Date())
            // Other calls about an unknown run answer 400 with this code.
            if error.status == 400, error.code.equalsIgnoringASCIICase("ReferencedPipelineRunNotFound") { return nil }
            throw error
        }
        guard let run = try? JSONDecoder().decode(PipelineRun.self, from: Data(response.body)) else {
            throw DataFactoryError(unreadable: response, effect: .readsOnly)
        }
        return run
    }

    private static let acceptJSON = HTTPHeader(name: "accept", value: "application/json")
    private static let sendsJSON = HTTPHeader(name: "content-type", value: "application/json; charset=utf-8")
    private static let noParameters = Array("{}".utf8)

    /// Sends with a token; once more with a fresh one after a 401. A 401 is ARM's, before anything was started.
    private func exchange(
        _ request: HTTPRequest,
        effect: DataFactoryError.Effect
    ) async throws(DataFactoryError) -> HTTPResponse {
        let token = try await token()
        let response = try await send(request, with: token, effect: effect)
        guard response.status == 401 else { return response }
        tokens.invalidate(token)
        return try await send(request, with: try await self.token(), effect: effect)
    }

    private func token() async throws(DataFactoryError) -> AccessToken {
        if let token = tokens.cachedToken(for: scope) { return token }
        do {
            return try await tokens.token(for: scope)
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
