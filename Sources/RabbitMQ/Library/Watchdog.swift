internal import CRabbitMQ
internal import Glibc
internal import NIOConcurrencyHelpers
internal import Synchronization

/// Shuts down the socket of a connection whose thread has been inside one call of librabbitmq for too long.
///
/// Its sends have no time-out, and in 0.11 the wait inside them can become endless (`poll(POLLIN, -1)`, fixed upstream in
/// 0.14). Asking for room before each send makes that rare, not impossible: a heartbeat is sent inside a read, and a
/// frame may be larger than the room. A shut socket ends the call at once with an error.
///
/// One thread serves all connections; it is there only while there are some.
final class Watchdog: Sendable {
    static let shared = Watchdog()

    /// One connection's socket, and since when its thread has been in a call.
    final class Watch: Sendable {
        let limit: Duration
        /// A duplicate of our own: the library may close its socket at any time, and the number may then be another's.
        private let descriptor: Int32
        /// In nanoseconds; 0 outside of calls.
        private let enteredAt = Atomic<UInt64>(0)
        private let hasActed = Atomic<Bool>(false)

        fileprivate init(descriptor: Int32, limit: Duration) {
            self.descriptor = descriptor
            self.limit = limit
        }

        deinit {
            close(descriptor)
        }

        /// Whether the socket was shut down.
        var wasShutDown: Bool { hasActed.load(ordering: .acquiring) }

        /// Marks the beginning of a call.
        func enter() { enteredAt.store(Watchdog.now(), ordering: .releasing) }

        /// Marks the end of a call.
        func leave() { enteredAt.store(0, ordering: .releasing) }

        fileprivate func check(_ now: UInt64) {
            let since = enteredAt.load(ordering: .acquiring)
            guard since > 0, now > since, Duration.nanoseconds(now - since) > limit, !wasShutDown else { return }
            hasActed.store(true, ordering: .releasing)
            shutdown(descriptor, Int32(SHUT_RDWR))
        }
    }

    private struct State {
        var watches: [ObjectIdentifier: Watch] = [:]
        var hasThread = false
    }

    private let state = NIOLockedValueBox(State())

    /// Watches a socket until ``end(_:)``.
    ///
    /// - Throws: `unreachable` where the process may have no more descriptors or threads.
    func watch(_ descriptor: Int32, limit: Duration) throws(RabbitMQError) -> Watch {
        let duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard duplicate >= 0 else {
            throw RabbitMQError(.unreachable, "no descriptor is left to watch a connection (errno \(errno))")
        }
        let watch = Watch(descriptor: duplicate, limit: limit)
        let mustStart = state.withLockedValue { state in
            state.watches[ObjectIdentifier(watch)] = watch
            defer { state.hasThread = true }
            return !state.hasThread
        }
        guard mustStart else { return watch }
        let status = Self.startThread()
        guard status == 0 else {
            state.withLockedValue { $0.hasThread = false }
            end(watch)
            throw RabbitMQError(.unreachable, "no thread can be made to watch a connection (errno \(status))")
        }
        return watch
    }

    /// Watches no longer, and lets the duplicate go, so that closing the socket reaches the peer.
    func end(_ watch: Watch) {
        // Let go outside the lock.
        let removed = state.withLockedValue { $0.watches.removeValue(forKey: ObjectIdentifier(watch)) }
        withExtendedLifetime(removed) {}
    }

    private static func startThread() -> Int32 {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        unsafe pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        defer { unsafe pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        return unsafe pthread_create(
            &thread,
            &attributes,
            { _ in
                Watchdog.shared.run()
                return nil
            },
            nil
        )
    }

    private func run() {
        while checkAll() { _ = poll(nil, 0, Self.intervalMilliseconds) }
    }

    /// A function of its own, so that no duplicate is held open while the thread sleeps.
    ///
    /// - Returns: false when nothing is left to watch; then the thread ends, and the next watch starts another.
    private func checkAll() -> Bool {
        let watches = state.withLockedValue { state in
            state.hasThread = !state.watches.isEmpty
            return Array(state.watches.values)
        }
        let now = Self.now()
        for watch in watches { watch.check(now) }
        return !watches.isEmpty
    }

    /// A quarter of the shortest limit there is: two heartbeats of one second.
    private static let intervalMilliseconds: Int32 = 500

    private static func now() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
