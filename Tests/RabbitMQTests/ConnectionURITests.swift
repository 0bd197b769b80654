import TestSupport
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
            ("amqp://[fe80::1%25eth0]", Expected(host: "fe80::1%eth0")),
            ("amqp://b%2Da", Expected(host: "b-a")),
            ("amqp://h/a%40b", Expected(host: "h", virtualHost: "a@b")),
            ("amqp://u:e\u{301}@h", Expected(host: "h", user: "u", password: "e\u{301}")),
            // The accent makes one character with the "@", and is still a byte of the host.
            ("amqp://u:p@\u{301}h", Expected(host: "\u{301}h", user: "u", password: "p")),
            (" amqp://h\n", Expected(host: "h")),
        ]
    )
    func accepted(uri: String, expected: Expected) throws {
        let configuration = try ConnectionConfiguration(uri: uri)

        #expect(configuration.host == expected.host)
        #expect(configuration.port == expected.port)
        #expect(configuration.user == expected.user)
        #expect(configuration.password == .init(expected.password))
        #expect(configuration.virtualHost == expected.virtualHost)
        #expect(configuration.heartbeat == .seconds(15))
        #expect(configuration.connectTimeout == .seconds(5))
    }

    @Test(
        "a URI that can't be used is refused with the part that is wrong",
        arguments: [
            ("", "is empty"),
            (" \n", "is empty"),
            ("localhost:5672", "has no scheme"),
            ("amqp:/h", "has no scheme"),
            ("amqp://u:p w@h", "port"),
            ("http://h", "a scheme other than"),
            ("://h", "a scheme other than"),
            ("amqp://", "no host"),
            ("amqp:///v", "no host"),
            ("amqp://:5672", "no host"),
            ("amqp://u:p@", "no host"),
            ("amqp://u:p@:5672/v", "no host"),
            ("amqp://[]", "no host"),
            ("amqp://a,", "a comma too many"),
            ("amqp://,a", "a comma too many"),
            ("amqp://a,,b", "a comma too many"),
            ("amqp://a%2", "a host with a bad percent escape"),
            ("amqp://a%00", "a control character"),
            ("amqp://a%0Ab", "a control character"),
            ("amqp://h:", "port"),
            ("amqp://h:0", "port"),
            ("amqp://h:65536", "port"),
            ("amqp://h:-1", "port"),
            ("amqp://h:56x", "port"),
            ("amqp://a:1,b:x", "port"),
            ("amqp://::1", "port"),
            ("amqp://[::1", "lacks its \"]\""),
            ("amqp://[::1,b", "lacks its \"]\""),
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
            ("amqp://h/\(String(repeating: "v", count: 256))", "virtual host"),
            ("amqp://u:1/x@h", "write %2F"),
        ]
    )
    func refused(uri: String, words: String) throws {
        let error = try #require(throws: RabbitMQError.self) { _ = try ConnectionConfiguration(uri: uri) }

        #expect(error.code == .invalidURI)
        #expect(error.message.contains(words), "\(error)")
        #expect(error.message.hasPrefix("the AMQP URI "))
        #expect(error.message.hasSuffix("; expected amqp://user:password@host:port/vhost"))
        #expect(!error.isRetryable)
    }

    @Test("several hosts are read in their order, from one URI or from several")
    func severalHosts() throws {
        let one = try ConnectionConfiguration.configurations(
            uris: "amqp://u:p,w@a:1,b,[::1]:2/v?heartbeat=7",
            connectionName: "me"
        )
        let several = try ConnectionConfiguration.configurations(
            uris: "\n amqp://a,b:9/v\tamqps://c?server_name_indication=d\r\n"
        )

        #expect(one.map(\.address) == ["a:1", "b:5672", "[::1]:2"])
        for host in one {
            #expect(host.user == "u")
            #expect(host.password == .init("p,w"))
            #expect(host.virtualHost == "v")
            #expect(host.heartbeat == .seconds(7))
            #expect(host.connectionName == "me")
        }
        #expect(several.map(\.address) == ["a:5672", "b:9", "c:5671"])
        #expect(several.map(\.virtualHost) == ["v", "v", "/"])
        #expect(several.map(\.tls) == [nil, nil, TLSConfiguration(serverName: "d")])
        #expect(several.map(\.connectionName) == ["adf-trigger", "adf-trigger", "adf-trigger"])
    }

    @Test("where one host is wanted, several are refused", arguments: ["amqp://a,b", "amqp://a amqp://b"])
    func tooManyHosts(uris: String) throws {
        let error = try #require(throws: RabbitMQError.self) { _ = try ConnectionConfiguration(uri: uris) }

        #expect(error.code == .invalidURI)
        #expect(error.message.contains("names 2 hosts"))
        #expect(error.message.contains("configurations(uris:)"))
    }

    @Test("one URI that can't be used spoils them all")
    func oneOfSeveral() {
        #expect(throws: RabbitMQError.self) { _ = try ConnectionConfiguration.configurations(uris: "amqp://a amqp://") }
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
            "amqp://u:1?hunter2=x@h", "amqp://u:1?heartbeat=hunter2@h", "amqp://u:[hunter2@h:x", "amqp://u:1/hunter2@h",
            "amqp://u:1 hunter2@h", "amqp://u:1?auth_mechanism=hunter2@h", "amqp://u:1?verify=hunter2@h",
            "amqps://u:1?server_name_indication=%hunter2@h", "amqp://u:hunter2@a,b:0", "amqp://u:1,hunter2@",
            "amqp://u:hunter2@h?passwordfile=/f", "amqps://h?password=hunter2", "amqps://h?password=hunter2%",
        ]
    )
    func passwordInErrors(uri: String) {
        do {
            let configuration = try ConnectionConfiguration(uri: uri)
            // `#` means nothing here: that one is a good URI.
            #expect(configuration.password == .init("hunter2#x"))
        } catch {
            #expect(!"\(error) \(error.message) \(String(reflecting: error))".contains("hunter2"))
        }
    }

    @Test("whatever the text, it is read or refused, and no error repeats the password in it")
    func fuzz() {
        var random = SeededGenerator(seed: 20_261_123)
        let pieces = [
            "amqp", "amqps", "://", ":", "/", "@", "?", "&", "=", "%", "%2F", "%00", "%zz", "%C3", ",", "[", "]", "::1",
            "#", " ", "\n", "\u{301}", "é", "🔑", "\0", "h", "localhost", "5672", "65536", "-1", "heartbeat", "verify",
            "verify_none", "password", "passwordfile", "cacertfile", "certfile", "keyfile", "auth_mechanism",
            "external",
            "plain", "server_name_indication", "channel_max", "frame_max", "connection_timeout", "hunter2",
        ]
        var acceptedCount = 0

        for _ in 0..<10_000 {
            let text = (0..<Int.random(in: 0...12, using: &random)).reduce(into: "") { text, _ in
                text += pieces.randomElement(using: &random) ?? ""
            }
            let uri =
                Bool.random(using: &random) ? text : "amqp\(text.count.isMultiple(of: 2) ? "" : "s")://u:\(text)@h"
            do throws(RabbitMQError) {
                let all = try ConnectionConfiguration.configurations(uris: uri)
                acceptedCount += 1
                #expect(!all.isEmpty)
            } catch {
                #expect(error.code == .invalidURI, "\(uri)")
                #expect(!"\(error) \(String(reflecting: error))".contains("hunter2"), "\(uri)")
            }
        }

        // Otherwise the pieces no longer make URIs.
        #expect(acceptedCount > 500)
    }
}
