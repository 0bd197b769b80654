import Testing

@testable import RabbitMQ

@Suite("Connection URIs")
struct ConnectionURITests {
    struct Expected: Sendable {
        var host: String
        var port: UInt16 = 5672
        var user = "guest"
        var password = "guest"
        var virtualHost = "/"
    }

    @Test(
        "a URI names host, port, user, password and virtual host",
        arguments: [
            ("amqp://h", Expected(host: "h")),
            ("AMQP://h", Expected(host: "h")),
            ("amqp://h/", Expected(host: "h", virtualHost: "")),
            ("amqp://h/%2F", Expected(host: "h", virtualHost: "/")),
            ("amqp://h/%2f", Expected(host: "h", virtualHost: "/")),
            ("amqp://h/jobs", Expected(host: "h", virtualHost: "jobs")),
            ("amqp://h/a%2Fb%20c", Expected(host: "h", virtualHost: "a/b c")),
            ("amqp://h/v%C3%A9", Expected(host: "h", virtualHost: "vé")),
            ("amqp://h:5673", Expected(host: "h", port: 5673)),
            ("amqp://h:1/v", Expected(host: "h", port: 1, virtualHost: "v")),
            ("amqp://h:65535", Expected(host: "h", port: 65535)),
            ("amqp://u:p@h", Expected(host: "h", user: "u", password: "p")),
            ("amqp://u:p@h/", Expected(host: "h", user: "u", password: "p", virtualHost: "")),
            ("amqp://u@h", Expected(host: "h", user: "u", password: "")),
            ("amqp://u:@h", Expected(host: "h", user: "u", password: "")),
            ("amqp://u:a:b@h", Expected(host: "h", user: "u", password: "a:b")),
            ("amqp://u:a@b@h", Expected(host: "h", user: "u", password: "a@b")),
            ("amqp://u%3A:%40%2F%3F%25@h", Expected(host: "h", user: "u:", password: "@/?%")),
            ("amqp://%C3%BC:%F0%9F%94%91@h", Expected(host: "h", user: "ü", password: "🔑")),
            ("amqp://[::1]", Expected(host: "::1")),
            ("amqp://[::1]:5673/v", Expected(host: "::1", port: 5673, virtualHost: "v")),
            ("amqp://u:p@[fe80::1]:5673", Expected(host: "fe80::1", port: 5673, user: "u", password: "p")),
            ("amqp://broker.example.com:5672/%2F?", Expected(host: "broker.example.com")),
        ]
    )
    func accepted(uri: String, expected: Expected) throws {
        let configuration = try ConnectionConfiguration(uri: uri)

        #expect(configuration.host == expected.host)
        #expect(configuration.port == expected.port)
        #expect(configuration.user == expected.user)
        #expect(configuration.password.text == expected.password)
        #expect(configuration.virtualHost == expected.virtualHost)
        #expect(configuration.heartbeat == .seconds(15))
        #expect(configuration.connectTimeout == .seconds(5))
    }

    @Test(
        "a URI that can't be used is refused with the part that is wrong",
        arguments: [
            ("", "has no scheme"),
            ("localhost:5672", "has no scheme"),
            ("amqp:/h", "has no scheme"),
            ("amqps://h?certfile=/c", "go together"),
            ("amqps://h?cacertfile=", "cacertfile is not"),
            ("amqps://h?verify=verify_none", "parameter other than"),
            ("amqp://h?cacertfile=/c", "scheme is not amqps"),
            ("http://h", "scheme"),
            ("://h", "scheme"),
            ("amqp://", "no host"),
            ("amqp:///v", "no host"),
            ("amqp://:5672", "no host"),
            ("amqp://u:p@", "no host"),
            ("amqp://u:p@:5672/v", "no host"),
            ("amqp://[]", "no host"),
            ("amqp://h:", "port"),
            ("amqp://h:0", "port"),
            ("amqp://h:65536", "port"),
            ("amqp://h:-1", "port"),
            ("amqp://h:56x", "port"),
            ("amqp://::1", "port"),
            ("amqp://[::1", "lacks its \"]\""),
            ("amqp://[::1]5672", "followed by text"),
            ("amqp://[::1]:", "port"),
            ("amqp://u%:p@h", "percent escape"),
            ("amqp://u:%4@h", "percent escape"),
            ("amqp://u:%zz@h", "percent escape"),
            ("amqp://u:%FF@h", "percent escape"),
            ("amqp://u:p%00@h", "zero byte"),
            ("amqp://u%00:p@h", "zero byte"),
            ("amqp://h/a/b", "virtual host"),
            ("amqp://h//", "virtual host"),
            ("amqp://h/%2", "virtual host"),
            ("amqp://h/%C3", "virtual host"),
            ("amqp://h/v%00", "virtual host"),
            ("amqp://h?heartbeat=0", "heartbeat"),
            ("amqp://h?heartbeat=3601", "heartbeat"),
            ("amqp://h?heartbeat=-1", "heartbeat"),
            ("amqp://h?heartbeat=", "heartbeat"),
            ("amqp://h?heartbeat", "heartbeat"),
            ("amqp://h?heartbeat=1.5", "heartbeat"),
            ("amqp://h?connection_timeout=0", "connection_timeout"),
            ("amqp://h?connection_timeout=fast", "connection_timeout"),
            ("amqp://h?heartbeat=5&verify=none", "parameter"),
            ("amqp://h?Heartbeat=5", "parameter"),
            ("amqp://h/v?=1", "parameter"),
        ]
    )
    func refused(uri: String, words: String) throws {
        let error = try #require(throws: RabbitMQError.self) { _ = try ConnectionConfiguration(uri: uri) }

        #expect(error.code == .invalidURI)
        #expect(error.message.contains(words), "\(error)")
        #expect(error.message.hasSuffix("; expected amqp://user:password@host:port/vhost"))
        #expect(!error.isRetryable)
    }

    @Test("heartbeat and connection timeout are read from the query, in seconds and milliseconds")
    func query() throws {
        let configuration = try ConnectionConfiguration(uri: "amqp://h/v?heartbeat=7&connection_timeout=1500")
        let longest = try ConnectionConfiguration(uri: "amqp://h?connection_timeout=1&heartbeat=3600")

        #expect(configuration.virtualHost == "v")
        #expect(configuration.heartbeat == .seconds(7))
        #expect(configuration.connectTimeout == .milliseconds(1500))
        #expect(longest.heartbeat == .seconds(3600))
        #expect(longest.connectTimeout == .milliseconds(1))
    }

    @Test("amqps encrypts, on its own port, with the system's authorities or those that are named")
    func encrypted() throws {
        let usual = try ConnectionConfiguration(uri: "amqps://h")
        let named = try ConnectionConfiguration(
            uri: "AMQPS://h:1?cacertfile=%2Fa%20b.pem&certfile=/c.pem&keyfile=/k.pem"
        )

        #expect(usual.port == 5671)
        #expect(usual.tls == TLSConfiguration(authoritiesFile: "/etc/ssl/certs/ca-certificates.crt"))
        #expect(named.port == 1)
        #expect(named.tls?.authoritiesFile == "/a b.pem")
        #expect(named.tls?.clientCertificate == .init(certificateFile: "/c.pem", keyFile: "/k.pem"))
        #expect(try ConnectionConfiguration(uri: "amqp://h").tls == nil)
    }

    @Test(
        "no error repeats a password, wherever the URI is wrong",
        arguments: [
            "hunter2",
            "amqps://u:hunter2@h:0", "hunter2://h", "u:hunter2@h://x", "amqp://u:hunter2%@h", "amqp://u:hunter2%00@h",
            "amqp://u:hunter2@", "amqp://u:hunter2@h:0", "amqp://u:hunter2@h:x", "amqp://u:hunter2@[h",
            "amqp://u:hunter2@[h]x", "amqp://u:hunter2@h/a/b", "amqp://u:hunter2@h?heartbeat=0",
            "amqp://u:hunter2@h?verify=none",
            // Passwords whose reserved characters nobody escaped.
            "amqp://u:hunter2#x@h", "amqp://u:hunter2/x@h", "amqp://u:hunter2?x@h", "amqp://u:1?hunter2@h",
            "amqp://u:1?hunter2=x@h", "amqp://u:1?heartbeat=hunter2@h", "amqp://u:[hunter2@h:x",
        ]
    )
    func passwordInErrors(uri: String) {
        do {
            let configuration = try ConnectionConfiguration(uri: uri)
            // `#` means nothing here: that one is a good URI.
            #expect(configuration.password.text == "hunter2#x")
        } catch {
            #expect(!"\(error) \(error.message) \(String(reflecting: error))".contains("hunter2"))
        }
    }
}
