import HTTPTypes
import NIOConcurrencyHelpers

extension ManagementEndpoint {
    /// `GET …/pipelines/{pipeline}`.
    func getPipeline(_ exchange: Exchange, _ address: FactoryAddress, pipeline name: String) -> Answer {
        respond(exchange, address, .getPipeline) { factory throws(ManagementError) in
            let pipeline = try factory.pipeline(name)
            var headers = ManagementError.contentHeaders
            headers[.eTag] = "\"\(pipeline.etag)\""
            if let known = exchange.headers[.ifNoneMatch], Self.matches(known, pipeline.etag) {
                return Answer(status: 304, headers: headers)
            }
            return Answer(status: 200, headers: headers, body: pipeline.json)
        }
    }

    /// `GET …/pipelineruns/{runId}`.
    func getRun(_ exchange: Exchange, _ address: FactoryAddress, runID: String) -> Answer {
        respond(exchange, address, .getRun) { factory throws(ManagementError) in
            let now = clock.now()
            let run = try run(runID, in: factory, at: now)
            var output = JSONOutput()
            run.write(to: &output, at: now)
            return Answer(status: 200, headers: ManagementError.contentHeaders, body: output.bytes)
        }
    }

    /// `POST …/pipelineruns/{runId}/cancel`.
    func cancelRun(_ exchange: Exchange, _ address: FactoryAddress, runID: String) -> Answer {
        respond(exchange, address, .cancelRun) { factory throws(ManagementError) in
            let now = clock.now()
            guard let id = GUID(runID), ledger.withLockedValue({ $0.cancel(id, in: factory, at: now) }) else {
                throw .unknownReference(runID)
            }
            return Answer(status: 200)
        }
    }

    /// `POST …/queryPipelineRuns`.
    func queryRuns(_ exchange: Exchange, _ address: FactoryAddress) -> Answer {
        respond(exchange, address, .queryRuns) { factory throws(ManagementError) in
            let query = try RunQuery(exchange.body)
            let now = clock.now()
            let page = ledger.withLockedValue { $0.page(query, in: factory, at: now, lag: queryLag) }
            let body = JSONOutput.object { output in
                output.member("value") { output in
                    output.array { output in
                        for run in page.runs { run.write(to: &output, at: now) }
                    }
                }
                if let token = page.continuationToken { output.member("continuationToken", token) }
            }
            return Answer(status: 200, headers: ManagementError.contentHeaders, body: body)
        }
    }

    /// `POST …/pipelineruns/{runId}/queryActivityruns`.
    func queryActivityRuns(_ exchange: Exchange, _ address: FactoryAddress, runID: String) -> Answer {
        respond(exchange, address, .queryActivityRuns) { factory throws(ManagementError) in
            let window = try RunWindow(exchange.body)
            let now = clock.now()
            let activity = ActivityRun(of: try run(runID, in: factory, at: now), at: now)
            let body = JSONOutput.object { output in
                output.member("value") { output in
                    output.array { output in
                        guard let activity, activity.lies(within: window) else { return }
                        activity.write(to: &output)
                    }
                }
            }
            return Answer(status: 200, headers: ManagementError.contentHeaders, body: body)
        }
    }

    private func run(
        _ text: String,
        in factory: FactoryEntry,
        at now: Timestamp
    ) throws(ManagementError) -> PipelineRun {
        if let id = GUID(text), let run = ledger.withLockedValue({ $0.run(id, in: factory, at: now) }) { return run }
        if unknownRunStatus == 400 { throw .unknownReference(text) }
        throw .unknownDocument("\(factory.resourceID)/pipelineruns/\(text)")
    }

    /// Every run in order of creation, for the emulator's own route.
    func allRuns() -> [UInt8] {
        let now = clock.now()
        let runs = ledger.withLockedValue { $0.allRuns(at: now) }
        return JSONOutput.array { output in
            for run in runs { run.writeForAdmin(to: &output, at: now) }
        }
    }

    private static func matches(_ header: String, _ etag: String) -> Bool {
        header.split(separator: ",").contains { candidate in
            let bare = candidate.trimmingPrefix { $0 == " " }.trimmingPrefix("W/")
            let text = bare.filter { $0 != "\"" && $0 != " " }
            return text == "*" || text == etag
        }
    }
}
