/// The routes that are counted and that faults can name.
package enum RouteName: String, Sendable, CaseIterable {
    case token
    /// Where the endpoints of Entra ID are.
    case discovery
    case createRun
    case getRun
    case queryRuns
    case queryActivityRuns
    case getPipeline
    case cancelRun
    /// Anything the emulator has no answer for.
    case other
}
