internal import AzureIdentity

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension DataFactoryClient {
    /// Looks up one run. A run just started is found at once.
    ///
    /// - Returns: Nil if the factory has no such run.
    /// - Throws: ``DataFactoryError``; what would be ambiguous for a start is safe here. Where the factory itself is not
    ///   found it is ``DataFactoryError/Disposition/access``: a role that is missing can look like that, so it says
    ///   nothing about the run.
    public func run(_ id: String, in factory: FactoryReference) async throws(DataFactoryError) -> PipelineRun? {
        let response = try await exchange(
            HTTPRequest(
                method: .get,
                url: "\(endpoint)\(try Self.path(of: id, in: factory))?\(Self.apiVersion)",
                headers: [Self.acceptJSON],
                timeout: timeout
            ),
            effect: .startsNothing
        )
        guard response.isSuccess else {
            let error = DataFactoryError(answer: response, effect: .startsNothing)
            if error.saysRunIsAbsent(response) { return nil }
            throw error
        }
        guard let run = try? JSONDecoder().decode(PipelineRun.self, from: Data(response.body)) else {
            throw DataFactoryError(unreadable: response, wanted: "run", effect: .startsNothing)
        }
        return run
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
