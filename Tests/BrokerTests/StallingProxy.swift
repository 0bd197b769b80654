import Foundation
import Glibc
import Synchronization

/// Relays one TCP connection to the broker, until told to stall or to cut it.
///
/// Stalling leaves both sockets open and passes nothing on: what a dead host or a dropped route looks like.
final class StallingProxy: Sendable {
    private enum Mode: Int, AtomicRepresentable {
        case relaying, stalled, cut
    }

    private let listener: LoopbackSocket
    private let mode = Atomic<Mode>(.relaying)
    /// Where a connection finds it.
    var port: UInt16 { listener.port }

    static func with(brokerPort: UInt16, _ body: (StallingProxy) async throws -> Void) async throws {
        let proxy = try StallingProxy(brokerPort: brokerPort)
        defer {
            proxy.cut()
            proxy.listener.shutDown()
        }
        try await body(proxy)
    }

    private init(brokerPort: UInt16) throws {
        listener = try LoopbackSocket()
        Thread.detachNewThread { [self] in
            guard let client = listener.accept() else { return }
            relay(client, LoopbackSocket.connect(to: brokerPort))
        }
    }

    /// Passes nothing on from now on, in either direction.
    func stall() { mode.store(.stalled, ordering: .sequentiallyConsistent) }

    /// Closes both sockets.
    func cut() { mode.store(.cut, ordering: .sequentiallyConsistent) }

    private func relay(_ client: Int32, _ broker: Int32) {
        defer {
            close(client)
            close(broker)
        }
        while true {
            let mode = mode.load(ordering: .sequentiallyConsistent)
            if mode == .cut { return }
            let events = mode == .relaying ? Int16(POLLIN) : 0
            var descriptors = [
                pollfd(fd: client, events: events, revents: 0), pollfd(fd: broker, events: events, revents: 0),
            ]
            guard poll(&descriptors, 2, 20) > 0, events != 0 else { continue }
            for (from, to) in [(0, 1), (1, 0)] where descriptors[from].revents != 0 {
                let bytes = readSome(65_536, from: descriptors[from].fd)
                guard !bytes.isEmpty, writeAll(bytes, to: descriptors[to].fd) else { return }
            }
        }
    }
}
