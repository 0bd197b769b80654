internal import Foundation

/// Which worker this is, among all replicas.
struct WorkerInstance: Sendable {
    /// Host name and process id.
    let name = "\(ProcessInfo.processInfo.hostName)-\(ProcessInfo.processInfo.processIdentifier)"

    /// The version of this program.
    static let version = "0.1.0"
}
