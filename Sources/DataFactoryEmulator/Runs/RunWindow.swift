/// The two bounds of a query, both of which the service wants.
struct RunWindow: Sendable {
    let after: Timestamp
    let before: Timestamp

    /// Reads the bounds among a query's members.
    init(_ members: ScenarioReader.Members) throws(ScenarioError) {
        self.after = try Self.moment(members.required("lastUpdatedAfter"))
        self.before = try Self.moment(members.required("lastUpdatedBefore"))
    }

    /// Reads the body of queryActivityruns, of which nothing else counts: a run has one activity, which fits any
    /// filter.
    /// - Throws: `ManagementError` 400 if the body is not such a query or lacks one of its two bounds.
    init(_ body: [UInt8]) throws(ManagementError) {
        do throws(ScenarioError) {
            try self.init(ScenarioReader(body).object(knowing: Self.members))
        } catch {
            throw .badRequest("The query is not valid. \(error)")
        }
    }

    /// The members a query may have.
    static let members = ["lastUpdatedAfter", "lastUpdatedBefore", "filters", "orderBy", "continuationToken"]

    private static func moment(_ reader: ScenarioReader) throws(ScenarioError) -> Timestamp {
        guard let moment = Timestamp(try reader.string()) else { throw reader.wrong("must be an RFC 3339 time") }
        return moment
    }
}
