internal import AzureIdentity

extension DataFactoryClient {
    /// Reads what a pipeline declares.
    ///
    /// - Parameters:
    ///   - pipeline: Which pipeline.
    ///   - ifNoneMatch: The ``PipelineDefinition/etag`` of a definition already held; the service then sends the
    ///     definition only if it has changed. Nil to have it sent in any case.
    /// - Throws: ``DataFactoryError``. A pipeline that does not exist is no error; a factory, resource group or
    ///   subscription that is not found is ``DataFactoryError/Disposition/access``, because a missing role can look
    ///   like that.
    public func pipeline(
        _ pipeline: PipelineReference,
        ifNoneMatch: String?
    ) async throws(DataFactoryError) -> PipelineLookup {
        var headers = [Self.acceptJSON]
        if let ifNoneMatch { headers.append(HTTPHeader(name: "if-none-match", value: ifNoneMatch)) }
        let (response, token) = try await exchange(
            HTTPRequest(
                method: .get,
                url: "\(endpoint)\(pipeline.resourcePath)?\(Self.apiVersion)",
                headers: headers,
                timeout: timeout
            ),
            effect: .startsNothing
        )
        if response.status == 304, ifNoneMatch != nil { return .notModified }
        guard response.isSuccess else {
            let error = DataFactoryError(answer: response, askedWith: token, effect: .startsNothing)
            if error.status == 404, error.disposition == .permanent { return .absent }
            throw error
        }
        guard var definition = JSONAnswer.decode(PipelineDefinition.self, from: response.body) else {
            throw DataFactoryError(unreadable: response, wanted: "pipeline", effect: .startsNothing)
        }
        // The header's form is the one that If-None-Match wants; the body's is the same tag without quotes.
        if let etag = response.header("etag"), !etag.isEmpty { definition.etag = etag }
        return .found(definition)
    }
}
