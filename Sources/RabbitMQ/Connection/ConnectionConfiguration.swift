package import IOLoop

/// Where a broker is and how to log in to it.
public struct ConnectionConfiguration: Sendable {
    /// How to show the broker who logs in.
    public enum Authentication: Sendable, Hashable {
        /// By user name and password (SASL PLAIN).
        case plain
        /// By the client certificate, from which the broker takes the user (SASL EXTERNAL). The password is not sent.
        case external
    }

    /// The host name or address.
    public var host: String
    /// The TCP port; 5672 by default.
    public var port: UInt16
    /// The user name.
    public var user: String
    /// The password.
    public var password: Password
    /// How to log in; by password, unless told otherwise.
    public var authentication: Authentication
    /// How to log in to a broker that does not offer ``authentication``; nil to give up then, which is the default.
    public var fallbackAuthentication: Authentication?
    /// The virtual host; `/` by default.
    public var virtualHost: String
    /// How the connection is encrypted; nil for plain TCP, which is the default.
    public var tls: TLSConfiguration?
    /// How often either side shows that it lives; 15 s by default, so a dead peer is noticed within 30 s. At least 1 s:
    /// without heartbeats a connection that died silently would never be noticed.
    public var heartbeat: Duration
    /// How long a TCP connect may take, over all addresses of the host; 5 s by default.
    public var connectTimeout: Duration
    /// How long the AMQP handshake may take; 5 s by default.
    public var loginTimeout: Duration
    /// How long the broker may take to answer any request, after which the connection counts as lost, and to confirm a
    /// publish while it does not have the connection blocked, after which that one is in doubt; 30 s by default.
    public var replyTimeout: Duration
    /// The largest body taken from the broker, in bytes; 128 MiB by default, RabbitMQ's own
    /// limit. Of a larger one only the properties and the size are kept.
    public var maximumBodyByteCount: Int
    /// The most channels to open on the connection, of which the broker may allow fewer; 2047 by default, which is
    /// RabbitMQ's own limit. At least 1.
    public var channelMaximum: UInt16
    /// The largest frame to exchange, in bytes, of which the broker may allow less; 131 072 by default, which is
    /// RabbitMQ's own size. 4096 to 131 072.
    public var frameByteCount: Int
    /// What operators see as the connection's name in RabbitMQ's management pages.
    public var connectionName: String

    /// The thread that the connection lives on, with others perhaps; it must be one ``forConnections``. Nil for one of its
    /// own.
    package var thread: IOThread?

    /// What the connection is made of; a broker in the same process brings its own.
    package var link: LinkFactory = { configuration throws(RabbitMQError) in try LibraryLink(configuration) }

    /// At least 1: librabbitmq reads 0 as "no heartbeats", whatever the broker wants.
    var heartbeatSeconds: Int32 { Int32(clamping: max(1, heartbeat.components.seconds)) }

    /// RabbitMQ's own frame size, in bytes. A larger one gains nothing, and lets a header nest deeper than the
    /// connection's thread has stack for: librabbitmq 0.11 reads nested tables by recursion without a limit.
    static let frameByteCount = 131_072

    /// Describes a connection; everything but the host has RabbitMQ's usual default.
    public init(
        host: String,
        port: UInt16 = 5672,
        user: String = "guest",
        password: Password = Password("guest"),
        virtualHost: String = "/",
        connectionName: String = "adf-trigger"
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.virtualHost = virtualHost
        self.connectionName = connectionName
        heartbeat = .seconds(15)
        connectTimeout = .seconds(5)
        loginTimeout = .seconds(5)
        replyTimeout = .seconds(30)
        maximumBodyByteCount = 128 << 20
        authentication = .plain
        channelMaximum = 2047
        frameByteCount = Self.frameByteCount
    }

    /// Host and port, safe to log.
    public var address: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// What the client tells the broker of itself. Without the capabilities the broker stays silent when it cancels
    /// a consumer or blocks a publisher, and the client would wait for ever.
    var clientProperties: FieldTable {
        [
            "product": "adf-trigger",
            "connection_name": .string(connectionName),
            "capabilities": .table([
                "authentication_failure_close": true,
                "basic.nack": true,
                "connection.blocked": true,
                "consumer_cancel_notify": true,
                "publisher_confirms": true,
            ]),
        ]
    }
}
