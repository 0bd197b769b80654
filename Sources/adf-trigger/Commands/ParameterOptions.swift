internal import ArgumentParser
internal import Foundation
internal import TriggerWorker

/// The pipeline's parameters, as every command takes them.
struct ParameterOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "A parameter. JSON values are sent as such, anything else as a string.",
            valueName: "name=value"
        )
    )
    var param: [String] = []

    @Option(name: .long, help: ArgumentHelp("A JSON object of parameters, sent as it is.", valueName: "file"))
    var paramsFile: String?

    var isEmpty: Bool { param.isEmpty && paramsFile == nil }

    func validate() throws {
        for pair in param where !pair.contains("=") {
            throw ValidationError("--param \(pair): expected name=value.")
        }
    }

    /// The JSON object they make together, checked; nil where there are none.
    ///
    /// - Throws: `ValidationError` for a file that can't be read, and what is no JSON object without repeated names.
    func read() throws -> [UInt8]? {
        let members = param.map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: String(parts[0]), value: String(parts[1]))
        }
        let object = try paramsFile.map { try Self.read($0) }
        do {
            return try TriggerRequest.parameters(object, adding: members)
        } catch {
            throw ValidationError(error.message)
        }
    }

    /// The bytes of a file named on the command line.
    static func read(_ path: String) throws -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw ValidationError("\(path) can't be read.")
        }
    }
}
