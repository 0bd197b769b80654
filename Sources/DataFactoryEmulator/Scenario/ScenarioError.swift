/// What is wrong with a scenario or a list of faults, where, and what would be right.
package struct ScenarioError: Error, Equatable, CustomStringConvertible {
    /// The place, as a JSON path: `$.factories[0].pipelines[2].outcome`.
    package let path: String
    /// The fault and its mend.
    package let message: String

    /// Both in one line.
    package var description: String { "\(path): \(message)" }
}
