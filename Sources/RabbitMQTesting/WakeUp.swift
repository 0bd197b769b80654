internal import Glibc
import RabbitMQ

/// A descriptor that a connection's thread can wait on, and that becomes readable when there is something for it.
///
/// Both ends close with the last who holds this, so nobody writes to a number that another file has got meanwhile.
final class WakeUp: Sendable {
    /// The end to wait on.
    let descriptor: Int32
    private let writingEnd: Int32

    init() throws(RabbitMQError) {
        // Not a pipe: Glibc's module has no pipe2, and without it a process started meanwhile would inherit the ends.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw RabbitMQError(.unreachable, "no descriptor is left for another connection (errno \(errno))")
        }
        (descriptor, writingEnd) = (ends[0], ends[1])
    }

    deinit {
        close(descriptor)
        close(writingEnd)
    }

    /// Makes the descriptor readable.
    func signal() {
        // A full socket is readable already.
        _ = withUnsafeBytes(of: UInt8(1)) { write(writingEnd, $0.baseAddress, 1) }
    }

    /// Makes it unreadable. Call it before looking for what there is: a signal that comes later then stands.
    func clear() {
        var count: Int
        repeat {
            count = withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) {
                read(descriptor, $0.baseAddress, $0.count)
            }
        } while count == 64
    }
}
