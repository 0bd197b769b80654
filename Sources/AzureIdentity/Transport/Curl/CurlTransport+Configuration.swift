extension CurlTransport {
    /// What can be chosen about the transport.
    public struct Configuration: Sendable {
        /// How many connections one host may have; a request beyond that waits. Give it the number of requests that
        /// may be in flight at once.
        public var maxConnectionsPerHost: Int

        /// How long a request may wait for a connection, be it a new one or one of the pool.
        public var connectTimeout: Duration

        /// How long an unused connection is kept. It must be less than what the server allows, or requests meet
        /// connections that are just being closed, and what became of those is unknown.
        public var idleTimeout: Duration

        /// The largest body accepted in an answer, in bytes. The head has limits of its own: 256 fields, 100 KiB each,
        /// 256 KiB together.
        public var maximumResponseBytes: Int

        /// Which requests go through a proxy.
        public var proxies: HTTPProxies

        /// Which authorities may vouch for a server.
        public var trustRoots: HTTPTrustRoots

        /// Makes a configuration.
        ///
        /// - Parameters:
        ///   - maxConnectionsPerHost: Connections per host, 32 by default.
        ///   - connectTimeout: 10 s by default.
        ///   - idleTimeout: 45 s by default. ARM's front end names itself IIS in its answers, and IIS closes idle
        ///     connections after 120 s.
        ///   - maximumResponseBytes: 1 MiB by default.
        ///   - proxies: None by default; the environment is read by ``init(environment:maxConnectionsPerHost:)``.
        ///   - trustRoots: The system's by default.
        public init(
            maxConnectionsPerHost: Int = 32,
            connectTimeout: Duration = .seconds(10),
            idleTimeout: Duration = .seconds(45),
            maximumResponseBytes: Int = 1 << 20,
            proxies: HTTPProxies = .none,
            trustRoots: HTTPTrustRoots = .system
        ) {
            self.maxConnectionsPerHost = maxConnectionsPerHost
            self.connectTimeout = connectTimeout
            self.idleTimeout = idleTimeout
            self.maximumResponseBytes = maximumResponseBytes
            self.proxies = proxies
            self.trustRoots = trustRoots
        }

        /// Makes a configuration by the variables that programs share: those of ``HTTPProxies``, `SSL_CERT_FILE` and
        /// `SSL_CERT_DIR`. The files are read now, and not again.
        ///
        /// - Parameters:
        ///   - environment: The process's environment.
        ///   - maxConnectionsPerHost: Connections per host, 32 by default.
        /// - Throws: ``HTTPSettingsError`` if a variable is wrong or a file it names cannot be used.
        public init(environment: [String: String], maxConnectionsPerHost: Int = 32) throws(HTTPSettingsError) {
            self.init(
                maxConnectionsPerHost: maxConnectionsPerHost,
                proxies: try HTTPProxies(environment: environment),
                trustRoots: try HTTPTrustRoots(environment: environment)
            )
        }
    }
}
