internal import AzureIdentity

extension DataFactoryClient {
    private static let noParameters = Array("{}".utf8)

    /// Starts one run.
    ///
    /// - Parameters:
    ///   - pipeline: What to run.
    ///   - parameters: A JSON object whose members are the pipeline's parameters, sent byte for byte. Empty means `{}`.
    ///   - options: Recovery of a former run, if that is what it is.
    ///   - clientRequestID: A UUID without braces, one per run that is wanted: Data Factory has been seen to use it as
    ///     the run's id and to start nothing new when it comes again.
    /// - Returns: The accepted run. Its id is the service's, which may differ from `clientRequestID`.
    /// - Throws: ``DataFactoryError``; its ``DataFactoryError/disposition`` tells whether a run may exist. Permanent,
    ///   with nothing sent, if `clientRequestID` is no UUID.
    public func createRun(
        _ pipeline: PipelineReference,
        parameters: [UInt8],
        options: RunOptions = RunOptions(),
        clientRequestID: String
    ) async throws(DataFactoryError) -> CreatedRun {
        do {
            try ResourceName.checkClientRequestID(clientRequestID)
        } catch {
            throw DataFactoryError(disposition: .permanent, code: "InvalidClientRequestID", message: "\(error)")
        }
        let (response, token) = try await exchange(
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
        guard response.isSuccess else { throw DataFactoryError(answer: response, askedWith: token, effect: .startsRun) }
        guard let runID = RunIDScanner.runID(in: response.body) else {
            throw DataFactoryError(unreadable: response, wanted: "run id", effect: .startsRun)
        }
        return CreatedRun(runID: runID, azureRequestID: response.azureRequestID, rateLimit: response.rateLimit)
    }
}
