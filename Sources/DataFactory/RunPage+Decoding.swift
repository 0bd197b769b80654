internal import AzureIdentity

extension RunPage {
    /// Reads a success. Nil if it is no page, or says that there is more without saying how to get it.
    init?(_ response: HTTPResponse) {
        guard let body = JSONAnswer.decode(Body.self, from: response.body) else { return nil }
        let runs = body.value.compactMap(\.run)
        self.init(
            runs: runs,
            continuationToken: body.continuationToken?.isEmpty == false ? body.continuationToken : nil,
            unreadableCount: body.value.count - runs.count,
            rateLimit: response.rateLimit
        )
    }

    private struct Body: Decodable {
        let value: [Entry]
        let continuationToken: String?
    }

    /// A run, or something else: one bad entry must not hide the others.
    private struct Entry: Decodable {
        let run: PipelineRun?

        init(from decoder: any Decoder) throws {
            run = try? PipelineRun(from: decoder)
        }
    }
}
