/// The routes that are counted and that faults can name.
package enum RouteName: String, Sendable, CaseIterable {
    case token
    /// Where the endpoints of Entra ID are.
    case discovery
    /// Managed identity on a virtual machine.
    case imds
    /// Managed identity in App Service, Functions and Container Apps.
    case appService
    /// Managed identity on a machine of Azure Arc.
    case arc
    case createRun
    case getRun
    case queryRuns
    case queryActivityRuns
    case getPipeline
    case cancelRun
    /// Anything the emulator has no answer for.
    case other
}
