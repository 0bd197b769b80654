import AzureIdentity
import Testing

@Suite("Proxy variables")
struct HTTPProxiesTests {
    private func proxy(_ url: String, _ environment: [String: String]) throws -> HTTPProxy? {
        try HTTPProxies(environment: environment).proxy(for: #require(URLOrigin(url: url)))
    }

    @Test("without variables nothing goes through a proxy")
    func none() throws {
        #expect(try proxy("https://example.com", ["PATH": "/bin"]) == nil)
        #expect(try proxy("http://example.com", [:]) == nil)
    }

    @Test(
        "each scheme has its variable, the lower-case name wins, and an empty one means no proxy",
        arguments: [
            (["HTTPS_PROXY": "http://a:1"], "a:1", nil),
            (["https_proxy": "http://a:1"], "a:1", nil),
            (["https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:2"], "a:1", nil),
            (["http_proxy": "http://a:1"], nil, "a:1"),
            // httpoxy: a CGI server makes this variable from the header Proxy of whoever asks.
            (["HTTP_PROXY": "http://a:1"], nil, nil),
            (["ALL_PROXY": "http://a:1"], "a:1", "a:1"),
            (["all_proxy": "a:1", "HTTPS_PROXY": "b:2"], "b:2", "a:1"),
            (["ALL_PROXY": "http://a:1", "https_proxy": ""], nil, "a:1"),
            (["HTTPS_PROXY": ""], nil, nil),
        ] as [([String: String], String?, String?)]
    )
    func variables(environment: [String: String], secure: String?, plain: String?) throws {
        #expect(try proxy("https://example.com", environment)?.description == secure)
        #expect(try proxy("http://example.com", environment)?.description == plain)
    }

    @Test(
        "a proxy is read as curl reads it",
        arguments: [
            ("http://proxy.example:3128", .http, "proxy.example", 3128, nil, nil),
            ("http://proxy.example:3128/", .http, "proxy.example", 3128, nil, nil),
            ("HTTP://proxy.example", .http, "proxy.example", 80, nil, nil),
            ("proxy.example:3128", .http, "proxy.example", 3128, nil, nil),
            ("10.1.2.3", .http, "10.1.2.3", 80, nil, nil),
            ("http://[fd00::1]:8080", .http, "fd00::1", 8080, nil, nil),
            ("http://user:pass@proxy:1", .http, "proxy", 1, "user", "pass"),
            ("http://user@proxy:1", .http, "proxy", 1, "user", ""),
            ("http://us%65r:p%40s%3As%25%C3%A9@proxy:1", .http, "proxy", 1, "user", "p@s:s%é"),
            ("user:p@ss@proxy:1", .http, "proxy", 1, "user", "p@ss"),
            ("socks5://proxy", .socks5, "proxy", 1080, nil, nil),
            ("socks5h://proxy:9050/", .socks5, "proxy", 9050, nil, nil),
        ] as [(String, HTTPProxy.Kind, String, Int, String?, String?)]
    )
    func reading(
        text: String,
        kind: HTTPProxy.Kind,
        host: String,
        port: Int,
        user: String?,
        password: String?
    ) throws {
        let proxy = try #require(try proxy("https://example.com", ["HTTPS_PROXY": text]))

        #expect(proxy.kind == kind)
        #expect(proxy.host == host)
        #expect(proxy.port == port)
        #expect(proxy.login?.user == user)
        #expect(proxy.login?.password.value == password)
    }

    @Test(
        "what is no proxy is refused, and the error names the variable and shows no password",
        arguments: [
            ("https://user:hunter2@proxy:443", "over https is not supported"),
            ("socks4://proxy", "give it as"), ("ftp://user:hunter2@proxy", "give it as"), ("://proxy", "give it as"),
            ("socks5://user:hunter2@proxy", "http proxies alone"),
            ("http://", "host or port"), ("http://proxy:", "host or port"), ("http://proxy:0", "host or port"),
            ("http://proxy:65536", "host or port"), ("http://proxy:99999999999999999999", "host or port"),
            ("http://pro xy:1", "host or port"), ("http://user:hunter2@", "host or port"),
            ("http://proxy:1/hunter2", "no path"), ("http://proxy?hunter2", "no path"),
            ("http://user:hunter2%zz@proxy", "percent-encoded"), ("http://user:hunter2%ff@proxy", "percent-encoded"),
            ("http://us%3Aer:hunter2@proxy", "percent-encoded"), ("http://user:hunter2%@proxy", "percent-encoded"),
        ]
    )
    func refused(text: String, words: String) throws {
        let error = try #require(throws: HTTPSettingsError.self) {
            try HTTPProxies(environment: ["HTTPS_PROXY": text])
        }

        #expect(error.setting == "HTTPS_PROXY")
        #expect(error.message.contains(words), "\(error)")
        #expect("\(error)".hasPrefix("HTTPS_PROXY: "))
        #expect(!"\(error)".contains("hunter2"))
    }

    @Test(
        "NO_PROXY keeps hosts off the proxy",
        arguments: [
            ("*", "https://example.com", true), ("a,*", "https://10.0.0.1", true), ("*:443", "https://a.com", true),
            ("*:443", "https://a.com:444", false),
            ("example.com", "https://example.com", true), ("EXAMPLE.com", "https://Example.COM:444", true),
            ("example.com", "https://www.example.com", true), ("example.com", "https://notexample.com", false),
            ("example.com", "https://example.com.evil", false), ("example.com.", "https://example.com", true),
            ("example.com", "https://example.com./", true),
            (".example.com", "https://www.example.com", true), (".example.com", "https://example.com", true),
            (".example.com", "https://notexample.com", false), ("*.example.com", "https://a.b.example.com", true),
            ("example.com:443", "https://example.com", true), ("example.com:8443", "https://example.com", false),
            ("example.com:8443", "https://example.com:8443", true), ("example.com:80", "http://example.com", true),
            (".svc", "https://kubernetes.default.svc", true), ("com", "https://example.com", true),
            ("a.b", "https://x.org", false), ("", "https://example.com", false), (" , ,", "https://example.com", false),
            (" a.org ,\texample.com", "https://example.com", true), ("a.org b.org", "https://b.org", true),
            ("10.0.0.1", "https://10.0.0.1", true), ("10.0.0.1", "https://10.0.0.10", false),
            ("10.0.0.1:443", "https://10.0.0.1", true), ("10.0.0.1:80", "https://10.0.0.1", false),
            ("10.0.0.0/8", "https://10.255.1.2", true), ("10.0.0.0/8", "https://11.0.0.1", false),
            ("172.16.0.0/12", "https://172.31.0.1", true), ("172.16.0.0/12", "https://172.32.0.1", false),
            ("192.168.1.77/32", "https://192.168.1.77", true), ("0.0.0.0/0", "https://8.8.8.8", true),
            ("0.0.0.0/0", "https://[fd00::1]", false), ("10.0.0.0/8", "https://10.example.com", false),
            ("fd00::/8", "https://[fdab::1]", true), ("fd00::/8", "https://[fe80::1]", false),
            ("[fd00::1]", "https://[fd00:0::1]:444", true), ("[fd00::1]:444", "https://[fd00::1]:444", true),
            ("[fd00::1]:444", "https://[fd00::1]", false), ("fd00::1", "https://[FD00::1]", true),
            ("::ffff:10.0.0.1", "https://10.0.0.1", true), ("10.0.0.0/8", "https://[::ffff:10.0.0.1]", true),
        ]
    )
    func exceptions(list: String, url: String, isDirect: Bool) throws {
        for name in ["NO_PROXY", "no_proxy"] {
            let proxy = try proxy(url, ["ALL_PROXY": "http://proxy:1", name: list])

            #expect((proxy == nil) == isDirect)
        }
    }

    @Test(
        "an entry of NO_PROXY that says nothing is refused by name",
        arguments: [
            "10.0.0.0/33", "10.0.0.0/x", "10.0.0/8", "fd00::/129", "10.*", "exa*mple.com", "*example.com", "a/b",
            "example.com:x", "example.com:0", "[fd00::1", "[fd00::1]x", ".", "..", "http://example.com", "a@b",
        ]
    )
    func badExceptions(entry: String) throws {
        let error = try #require(throws: HTTPSettingsError.self) {
            try HTTPProxies(environment: ["NO_PROXY": "example.com,\(entry)"])
        }

        #expect(error.setting == "NO_PROXY")
        #expect(error.message.contains("\"\(entry)\""))
    }

    @Test(
        "loopback hosts never go through a proxy",
        arguments: ["http://localhost:1", "https://127.0.0.1", "https://127.9.9.9:8443", "http://[::1]:1"]
    )
    func loopback(url: String) throws {
        #expect(try proxy(url, ["ALL_PROXY": "http://proxy:1"]) == nil)
    }

    @Test("a configuration reads them all, and names the first that is wrong")
    func configuration() throws {
        let good = try CurlTransport.Configuration(
            environment: ["HTTPS_PROXY": "http://user:hunter2@proxy:1"],
            maxConnectionsPerHost: 7
        )
        #expect(good.maxConnectionsPerHost == 7)
        #expect(good.proxies.description == "https: proxy:1, http: none")
        var dumped = ""
        dump(good, to: &dumped)
        for text in ["\(good)", String(reflecting: good), dumped] { #expect(!text.contains("hunter2")) }

        let error = #expect(throws: HTTPSettingsError.self) {
            try CurlTransport.Configuration(environment: ["SSL_CERT_FILE": "/nowhere/at/all.pem"])
        }
        #expect(error?.setting == "SSL_CERT_FILE")
    }
}
