internal import ArgumentParser
internal import ErrorDesk
internal import Foundation

/// Which entries are meant.
struct EntrySelection: ParsableArguments {
    @Argument(help: ArgumentHelp("The entries' IDs.", valueName: "id"))
    var ids: [String] = []

    @Option(name: .long, help: ArgumentHelp("All entries of the group with this key.", valueName: "key"))
    var group: String?

    @Flag(help: "All entries.")
    var all = false

    func validate() throws {
        guard [!ids.isEmpty, group != nil, all].filter({ $0 }).count == 1 else {
            throw ValidationError("Give IDs, or --group, or --all.")
        }
    }
}

extension EntrySelection {
    /// The selection as the desk has it.
    var selection: Selection {
        if let group { return .group(group) }
        return all ? .all : .ids(Set(ids))
    }

    /// Finds the entries and shows them. What is done later is done to these and to none that came meanwhile.
    ///
    /// - Parameters:
    ///   - isAgreed: Nobody is asked.
    ///   - deed: What will be done, for the question.
    /// - Throws: `ExitCode` where one is missing, or the answer was not yes; nothing is done then.
    func agree(_ settings: Settings, isAgreed: Bool, _ deed: String) async throws -> [ErrorEntry] {
        let entries = try await ErrorsSession.run(settings, bodyLimit: 0) { session throws(ErrorDeskError) in
            try await session.desk.entries(selection)
        }
        if let missing = selection.missing(from: entries) {
            printError(
                "\(missing); \"adf-trigger errors list --json\" names what is there. Nothing was done".withoutControls
            )
            throw ExitCode.failure
        }
        guard !entries.isEmpty else {
            printLine("the error queue is empty")
            return []
        }
        guard !isAgreed else { return entries }
        var groups = ErrorGroups()
        for entry in entries { groups.add(entry) }
        printLine(ErrorsTable.text(groups.sorted, now: Date()))
        let shown = entries.prefix(20).map(\.id.withoutControls).joined(separator: ", ")
        printLine(entries.count > 20 ? "\(shown), …" : shown)
        let what = entries.count == 1 ? "This entry" : "These \(entries.count) entries"
        guard isConfirmed("\(what) will be \(deed).") else {
            printError("nothing was done; --yes does not ask")
            throw ExitCode.failure
        }
        return entries
    }
}
