package import IOLoop

/// Makes a connection's link on a thread of its own, for that waits: for a name, a socket, a login. The thread on which
/// the connection will live may have others to serve meanwhile.
actor LinkOpening {
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }
    private nonisolated let thread: IOThread

    /// - Parameter name: The connection's.
    /// - Throws: `unreachable` where the process may have no more threads or descriptors.
    init(of name: String) throws(RabbitMQError) {
        do {
            thread = try .forConnections(named: "opens \(name)")
        } catch {
            throw RabbitMQError(.unreachable, "\(error)")
        }
    }

    func open(_ configuration: ConnectionConfiguration) throws(RabbitMQError) -> sending any Link {
        try configuration.link(configuration)
    }
}

extension IOThread {
    /// A thread that connections may live on.
    ///
    /// Its stack has 16 MiB: librabbitmq 0.11 decodes nested headers by recursion without a limit, and 26 000 levels,
    /// which fit one frame, overflow 1 MiB (upstream limits it to 100 levels since 0.14).
    package static func forConnections(named name: String) throws(Unavailable) -> IOThread {
        try IOThread(name: name, stackByteCount: 16 << 20)
    }
}
