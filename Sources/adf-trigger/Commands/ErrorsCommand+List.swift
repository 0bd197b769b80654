internal import ArgumentParser
internal import ErrorDesk
internal import Foundation

extension ErrorsCommand {
    /// `adf-trigger errors list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what failed, by class, code and target.",
            discussion: "AGE is how long ago the first of a group failed first, LAST the last one."
        )

        @OptionGroup var options: ConfigurationOptions

        @Flag(help: "Print JSON, with the ID of each entry.")
        var json = false

        func run() async throws {
            let settings = try options.read(.broker)
            // Without bodies, so that the queue may be as large as it likes.
            let groups = try await ErrorsSession.run(settings, bodyLimit: 0) { session throws(ErrorDeskError) in
                var groups = ErrorGroups()
                try await session.desk.read { entry, _ in
                    groups.add(entry)
                    return true
                }
                return groups.sorted
            }
            if json {
                try printJSON(["groups": groups.map(GroupReport.init)])
            } else {
                printLine(ErrorsTable.text(groups, now: Date()))
            }
        }
    }
}

/// A group in the JSON.
private struct GroupReport: Encodable {
    var key: String
    var `class`: String
    var code: String
    var target: String
    var count: Int
    var firstSeen: String?
    var lastSeen: String?
    var ids: [String]

    init(_ group: ErrorGroup) {
        key = group.key
        `class` = group.errorClass
        code = group.errorCode
        target = group.target
        count = group.ids.count
        firstSeen = group.firstSeen?.headerText
        lastSeen = group.lastSeen?.headerText
        ids = group.ids
    }
}

extension Date {
    /// As the worker writes times into headers.
    var headerText: String { ISO8601Format(.init(includingFractionalSeconds: true)) }
}
