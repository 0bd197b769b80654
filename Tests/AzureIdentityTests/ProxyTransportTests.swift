import AzureIdentity
import NetworkTestSupport
import Testing

@Suite("Requests through a proxy", .timeLimit(.minutes(5)))
struct ProxyTransportTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    private static let host = "management.example.test"

    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority.shared.get()
    }

    private func withTransport<Value>(
        _ variables: [String: String],
        connectTimeout: Duration = .seconds(10),
        _ body: (CurlTransport) async throws -> Value
    ) async throws -> Value {
        let environment = ["SSL_CERT_FILE": authority.certificateFile].merging(variables) { $1 }
        var configuration = try CurlTransport.Configuration(environment: environment)
        configuration.connectTimeout = connectTimeout
        return try await NetworkTestSupport.withTransport(configuration, body)
    }

    private func withSecureServer<Value>(_ body: (LoopbackServer) async throws -> Value) async throws -> Value {
        let context = try authority.server("DNS:\(Self.host)", "IP:127.0.0.1")
        return try await LoopbackServer.withServer(tls: context, reacting: { _ in .answer(Self.ok) }, body)
    }

    private func post(_ url: String, bypassesProxy: Bool = false, carriesSecret: Bool = true) -> HTTPRequest {
        HTTPRequest(
            method: .post,
            url: url,
            headers: [HTTPHeader(name: "x-secret", value: "bearer-of-news")],
            body: Array("{}".utf8),
            timeout: .seconds(20),
            carriesSecret: carriesSecret,
            bypassesProxy: bypassesProxy
        )
    }

    @Test("https goes through a tunnel that is opened once, with the login, and TLS ends at the host")
    func tunnel() async throws {
        try await withSecureServer { server in
            try await LoopbackProxy.withProxy { proxy in
                try await withTransport(["HTTPS_PROXY": "http://user:p%40ss@127.0.0.1:\(proxy.port)"]) { transport in
                    for _ in 0..<3 {
                        let response = try await transport.send(post("https://\(Self.host):\(server.port)/x"))
                        #expect(response.body == Array("ok".utf8))
                    }

                    let head = try #require(proxy.requests.first).lowercased()
                    #expect(proxy.requests.count == 1)
                    #expect(head.hasPrefix("connect \(Self.host):\(server.port) http/1.1\r\n"))
                    // user:p@ss
                    #expect(head.contains("\r\nproxy-authorization: basic dxnlcjpwqhnz\r\n"))
                    #expect(!head.contains("x-secret"))
                    #expect(server.requests.count == 3)
                    #expect(server.requests.allSatisfy { !$0.text.lowercased().contains("proxy-authorization") })
                }
            }
        }
    }

    @Test("plain http goes through a tunnel, too")
    func plain() async throws {
        try await LoopbackServer.withServer(reacting: { _ in .answer(Self.ok) }) { server in
            try await LoopbackProxy.withProxy { proxy in
                try await withTransport(["http_proxy": "http://127.0.0.1:\(proxy.port)"]) { transport in
                    let url = "http://\(Self.host):\(server.port)/x"
                    let response = try await transport.send(post(url, carriesSecret: false))

                    #expect(response.status == 200)
                    #expect(proxy.requests.count == 1)
                    #expect(server.requests.first?.text.hasPrefix("POST /x HTTP/1.1\r\n") == true)
                }
            }
        }
    }

    @Test("a SOCKS proxy is given the host's name")
    func socks() async throws {
        try await withSecureServer { server in
            try await LoopbackProxy.withProxy(isSOCKS: true) { proxy in
                try await withTransport(["ALL_PROXY": "socks5://127.0.0.1:\(proxy.port)"]) { transport in
                    let response = try await transport.send(post("https://\(Self.host):\(server.port)/x"))

                    #expect(response.status == 200)
                    #expect(proxy.requests == ["\(Self.host):\(server.port)"])
                }
            }
        }
    }

    @Test("http and https can have proxies of their own")
    func twoProxies() async throws {
        try await withSecureServer { secure in
            try await LoopbackServer.withServer(reacting: { _ in .answer(Self.ok) }) { plain in
                try await LoopbackProxy.withProxy { first in
                    try await LoopbackProxy.withProxy { second in
                        let variables = [
                            "https_proxy": "127.0.0.1:\(first.port)", "http_proxy": "127.0.0.1:\(second.port)",
                        ]
                        try await withTransport(variables) { transport in
                            _ = try await transport.send(post("https://\(Self.host):\(secure.port)/"))
                            let url = "http://\(Self.host):\(plain.port)/"
                            _ = try await transport.send(post(url, carriesSecret: false))

                            #expect(first.requests.count == 1)
                            #expect(second.requests.count == 1)
                        }
                    }
                }
            }
        }
    }

    @Test("loopback hosts, exceptions and requests that ask for it go past the proxy")
    func direct() async throws {
        try await withSecureServer { server in
            try await LoopbackProxy.withProxy { proxy in
                let variables = ["ALL_PROXY": "127.0.0.1:\(proxy.port)", "NO_PROXY": "excepted.example"]
                try await withTransport(variables, connectTimeout: .seconds(2)) { transport in
                    let response = try await transport.send(post("https://127.0.0.1:\(server.port)/"))
                    // Neither host exists, so going there directly fails, and not at the proxy.
                    for request in [
                        post("https://excepted.example:1/"), post("https://nowhere.invalid:1/", bypassesProxy: true),
                    ] {
                        let error = await #expect(throws: HTTPTransportError.self) { try await transport.send(request) }
                        #expect(error?.message.contains("proxy") == false, "\(String(describing: error))")
                    }

                    #expect(response.status == 200)
                    #expect(proxy.requests.isEmpty)
                }
            }
        }
    }

    @Test(
        "a proxy that opens no way is named, the request was certainly not sent, and nothing reaches the host",
        arguments: [
            (.answer("HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"), "(407)"),
            (.answer("HTTP/1.1 403 No\r\nContent-Length: 7\r\n\r\n<html/>"), "does not allow it"),
            (.answer("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"), "cannot reach the host"),
            (.answer("HTTP/1.1 302 X\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"), "did not connect"),
            (.answer("SSH-2.0-OpenSSH\r\n\r\n"), "without a proper answer"),
            (.close, "without a proper answer"), (.hang, "in time"),
        ] as [(LoopbackProxy.Reaction, String)]
    )
    func refusal(reaction: LoopbackProxy.Reaction, words: String) async throws {
        try await withSecureServer { server in
            try await LoopbackProxy.withProxy(reacting: reaction) { proxy in
                let variables = ["HTTPS_PROXY": "http://user:hunter2@127.0.0.1:\(proxy.port)"]
                let isHang = if case .hang = reaction { true } else { false }
                try await withTransport(variables, connectTimeout: isHang ? .seconds(4) : .seconds(10)) {
                    transport in
                    let request = post("https://\(Self.host):\(server.port)/")
                    let error = try #require(
                        await #expect(throws: HTTPTransportError.self) {
                            try await transport.send(request)
                        }
                    )

                    #expect(error.certainty == .notSent)
                    #expect(error.message.contains(words), "\(error)")
                    #expect(error.code == (isHang ? .connectTimeout : .proxyFailed), "\(error)")
                    #expect(error.message.contains("proxy 127.0.0.1:\(proxy.port)"), "\(error)")
                    #expect(error.message.contains(Self.host), "\(error)")
                    #expect(!"\(error)".contains("hunter2"))
                    // Asked once: nobody repeats behind the caller's back.
                    #expect(proxy.requests.count == 1)
                    #expect(server.requests.isEmpty)
                }
            }
        }
    }

    @Test("a SOCKS proxy that refuses is named")
    func socksRefusal() async throws {
        try await LoopbackProxy.withProxy(reacting: .answer(""), isSOCKS: true) { proxy in
            try await withTransport(["ALL_PROXY": "socks5://127.0.0.1:\(proxy.port)"]) { transport in
                let request = post("https://\(Self.host)/")
                let error = await #expect(throws: HTTPTransportError.self) { try await transport.send(request) }

                #expect(error?.code == .proxyFailed)
                #expect(error?.certainty == .notSent)
                #expect(error?.message.contains("SOCKS proxy 127.0.0.1:\(proxy.port)") == true)
            }
        }
    }

    @Test("a proxy that is not there is named")
    func noProxy() async throws {
        let port = try await LoopbackProxy.withProxy { $0.port }
        try await withTransport(["HTTPS_PROXY": "http://127.0.0.1:\(port)"]) { transport in
            let request = post("https://\(Self.host)/")
            let error = await #expect(throws: HTTPTransportError.self) { try await transport.send(request) }

            #expect(error?.code == .connectFailed)
            #expect(error?.certainty == .notSent)
            #expect(error?.message.hasPrefix("no connection to the proxy 127.0.0.1:\(port)") == true)
        }
    }

    @Test("through a tunnel, a certificate for another host is not accepted either")
    func wrongHost() async throws {
        let context = try authority.server("DNS:\(Self.host)")
        try await LoopbackServer.withServer(tls: context, reacting: { _ in .answer(Self.ok) }) { server in
            try await LoopbackProxy.withProxy { proxy in
                try await withTransport(["HTTPS_PROXY": "127.0.0.1:\(proxy.port)"]) { transport in
                    let request = post("https://other.example.test:\(server.port)/")
                    let error = await #expect(throws: HTTPTransportError.self) { try await transport.send(request) }

                    #expect(error?.code == .tlsFailed)
                    #expect(error?.certainty == .notSent)
                    #expect(error?.message.contains("for another host name") == true)
                    #expect(server.requests.isEmpty)
                }
            }
        }
    }

    @Test("shutdown ends the proxies' connections, too")
    func shutdown() async throws {
        try await LoopbackProxy.withProxy(reacting: .hang) { proxy in
            // A connection that is being opened keeps the shutdown waiting, at most until its time-out.
            let variables = ["HTTPS_PROXY": "127.0.0.1:\(proxy.port)"]
            try await withTransport(variables, connectTimeout: .seconds(1)) { transport in
                let request = post("https://\(Self.host)/")
                let task = Task { try await transport.send(request) }
                await eventually { !proxy.requests.isEmpty }

                await transport.shutdown()

                let error = await #expect(throws: HTTPTransportError.self) { try await task.value }
                #expect(error?.certainty == .notSent)
            }
        }
    }
}
