internal import AzureIdentity

extension DataFactoryClient {
    /// Looks up one run. A run just started is found at once, unlike with ``runs(_:in:continuationToken:)``.
    ///
    /// - Returns: Nil if the factory has no such run.
    /// - Throws: ``DataFactoryError``; what would be ambiguous for a start is safe here. Where the factory itself is not
    ///   found it is ``DataFactoryError/Disposition/access``: a role that is missing can look like that, so it says
    ///   nothing about the run.
    public func run(_ id: String, in factory: FactoryReference) async throws(DataFactoryError) -> PipelineRun? {
        let (response, token) = try await exchange(
            HTTPRequest(
                method: .get,
                url: "\(endpoint)\(try Self.path(of: id, in: factory))?\(Self.apiVersion)",
                headers: [Self.acceptJSON],
                timeout: timeout
            ),
            effect: .startsNothing
        )
        guard response.isSuccess else {
            let error = DataFactoryError(answer: response, askedWith: token, effect: .startsNothing)
            if error.saysRunIsAbsent(response) { return nil }
            throw error
        }
        guard let run = JSONAnswer.decode(PipelineRun.self, from: response.body) else {
            throw DataFactoryError(unreadable: response, wanted: "run", effect: .startsNothing)
        }
        return run
    }

    /// Reads one page of the factory's runs, at most 100 of them.
    ///
    /// The service answers from an index that lags behind by an unknown time: what is missing in it may exist.
    ///
    /// - Parameters:
    ///   - query: Which runs. For a further page, the same query as for the first one.
    ///   - factory: Whose runs.
    ///   - continuationToken: Where the page before ended; nil for the first page.
    /// - Throws: ``DataFactoryError``; permanent, with nothing sent, if the query's window is not one.
    public func runs(
        _ query: RunQuery,
        in factory: FactoryReference,
        continuationToken: String?
    ) async throws(DataFactoryError) -> RunPage {
        let (response, token) = try await exchange(
            HTTPRequest(
                method: .post,
                url: "\(endpoint)\(factory.resourcePath)/queryPipelineRuns?\(Self.apiVersion)",
                headers: [Self.acceptJSON, Self.sendsJSON],
                body: try query.body(continuationToken: continuationToken),
                timeout: timeout
            ),
            effect: .startsNothing
        )
        guard response.isSuccess else {
            throw DataFactoryError(answer: response, askedWith: token, effect: .startsNothing)
        }
        guard let page = RunPage(response) else {
            throw DataFactoryError(unreadable: response, wanted: "page of runs", effect: .startsNothing)
        }
        return page
    }

    /// The pages of a query, each fetched when it is asked for.
    ///
    /// - Parameters:
    ///   - query: Which runs.
    ///   - factory: Whose runs.
    ///   - limit: How many pages to fetch at most. If the last page has a ``RunPage/continuationToken``, there was more.
    public func pages(of query: RunQuery, in factory: FactoryReference, limit: Int) -> RunPages {
        RunPages(client: self, query: query, factory: factory, limit: limit)
    }

    /// Cancels a run. The service stops it later: its status becomes `Canceling`, then `Cancelled`.
    ///
    /// - Parameters:
    ///   - runID: Which run.
    ///   - factory: Whose run.
    ///   - isRecursive: Whether the runs that this one started are cancelled as well.
    /// - Throws: ``DataFactoryError``; permanent with the code `ReferencedPipelineRunNotFound` if there is no such run.
    ///   Cancelling twice does no harm, so what would be ambiguous for a start is safe here.
    public func cancel(
        _ runID: String,
        in factory: FactoryReference,
        isRecursive: Bool
    ) async throws(DataFactoryError) {
        let (response, token) = try await exchange(
            HTTPRequest(
                method: .post,
                url: "\(endpoint)\(try Self.path(of: runID, in: factory))/cancel?\(Self.apiVersion)"
                    + (isRecursive ? "&isRecursive=true" : ""),
                headers: [Self.acceptJSON],
                timeout: timeout
            ),
            effect: .startsNothing
        )
        guard response.isSuccess else {
            throw DataFactoryError(answer: response, askedWith: token, effect: .startsNothing)
        }
    }

    private static func path(of runID: String, in factory: FactoryReference) throws(DataFactoryError) -> String {
        do {
            try ResourceName.checkRunID(runID)
        } catch {
            throw DataFactoryError(disposition: .permanent, code: "InvalidRunID", message: "\(error)")
        }
        return "\(factory.resourcePath)/pipelineruns/\(runID)"
    }
}

extension DataFactoryError {
    /// Calls about an unknown run answer 404, or 400 with a code. A 404 about what should hold the run is no verdict on
    /// the run, and neither is one that did not come from ARM or Data Factory: they name their exchanges.
    fileprivate func saysRunIsAbsent(_ response: HTTPResponse) -> Bool {
        switch response.status {
        case 400: code.equalsIgnoringASCIICase("ReferencedPipelineRunNotFound")
        case 404: disposition == .permanent || (!hasServiceCode && response.azureRequestID != nil)
        default: false
        }
    }
}
