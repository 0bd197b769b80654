/// The numbered steps in the life of a request between which a worker can be lost.
///
/// In a build with the package trait `CrashPoints`, and in no other, a worker can be told to kill itself at one of them,
/// which is how the tests go through all of them.
package enum CrashPoint: Int, Sendable, CaseIterable {
    case received = 1
    case decoded
    case lookingUp
    case lookedUp
    case authorized
    case starting
    case startAnswered
    case parking
    case parked
    case postponing
    case postponed
    case replying
    case replied
    case acknowledging
    case acknowledged

    /// Does nothing, but for the build described above.
    @inline(__always)
    package static func reach(_ point: CrashPoint) {
        #if CrashPoints
            CrashPlan.shared.reach(point)
        #endif
    }
}
