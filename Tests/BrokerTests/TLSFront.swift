import Foundation
import RabbitMQ
import TestSupport
import Testing

/// A TLS port with settings the node has not, which passes what comes through it on to plain ports.
///
/// Python, as Foundation on Linux has no TLS server.
struct TLSFront: Sendable {
    struct Options: Encodable, Sendable {
        /// The certificate to show, as in `tlsFile`.
        var certificate = "localhost"
        /// The certificates to show to clients that ask for these names.
        var certificatesByName: [String: String] = [:]
        /// A client must show a certificate of this authority.
        var clientAuthority: String?
        /// Nothing newer than this, as in Python's `ssl.TLSVersion`.
        var version: String?
    }

    let port: UInt16
    private let program: Program
    /// What happened so far: `asked for NAME`, or `None`, by SNI; then `met CLIENT`, by its certificate, or `None`; or
    /// `failed`, where the handshake did.
    var events: [String] { program.outputSoFar.split(separator: "\n").dropFirst().map(String.init) }

    /// - Parameter ports: Where the first connection goes, and the second, and so on; those after the last go nowhere, and
    ///   get no answer.
    static func with(
        _ options: Options = Options(),
        to ports: [UInt16] = [],
        _ body: (TLSFront) async throws -> Void
    ) async throws {
        let program = try Program(
            "/usr/bin/python3",
            ["-c", script, String(decoding: JSONEncoder().encode(options), as: UTF8.self), TestBroker.tlsFile("")]
                + ports.map { "\($0)" }
        )
        try await eventually("the TLS front listens: \(program.errorsSoFar)") { program.outputSoFar.contains("\n") }
        guard let port = program.outputSoFar.split(separator: "\n").first.flatMap({ UInt16($0) }) else {
            throw NeverHappened(description: "the TLS front said its port")
        }
        try await body(TLSFront(port: port, program: program))
        // Not SIGTERM: a child inherits the signals that its parent's thread blocks, and Python leaves them blocked.
        program.signal(SIGKILL)
        _ = try await program.waitForExit()
    }

    // One thread a connection: OpenSSL allows no two on one SSL.
    private static let script = """
        import json, select, socket, ssl, sys, threading
        options, folder, ports = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3:]

        def context(name):
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            made.load_cert_chain(folder + name + ".pem", folder + name + ".key")
            if "clientAuthority" in options:
                made.verify_mode = ssl.CERT_REQUIRED
                made.load_verify_locations(folder + options["clientAuthority"] + ".pem")
            if "version" in options:
                made.minimum_version = ssl.TLSVersion.TLSv1
                made.maximum_version = ssl.TLSVersion[options["version"]]
                made.set_ciphers("DEFAULT:@SECLEVEL=0")
            return made

        others = {name: context(certificate) for name, certificate in options["certificatesByName"].items()}

        def asked(connection, name, _):
            print("asked for", name, flush=True)
            if name in others: connection.context = others[name]

        def serve(plain, port):
            try:
                encrypted = front.wrap_socket(plain, server_side=True)
            except OSError:
                print("failed", flush=True)
                return
            shown = encrypted.getpeercert()
            print("met", shown["subject"][0][0][1] if shown else None, flush=True)
            try:
                with encrypted as client:
                    if port is None:
                        while client.recv(65536): pass
                        return
                    with socket.create_connection(("127.0.0.1", port)) as server:
                        while True:
                            ready = [client] if client.pending() else select.select([client, server], [], [])[0]
                            for source, sink in ((client, server), (server, client)):
                                if source in ready:
                                    data = source.recv(65536)
                                    if not data: return
                                    sink.sendall(data)
            except OSError: pass

        front = context(options["certificate"])
        front.sni_callback = asked
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        while True:
            plain, _ = listener.accept()
            port = int(ports.pop(0)) if ports else None
            threading.Thread(target=serve, args=(plain, port), daemon=True).start()
        """
}

extension ConnectionConfiguration {
    /// Leads to a TLS port of this machine, and trusts the tests' authority.
    static func encrypted(
        _ port: UInt16,
        host: String = "localhost",
        _ change: (inout ConnectionConfiguration) -> Void = { _ in }
    ) throws -> Self {
        var configuration = ConnectionConfiguration(host: host, port: port)
        configuration.tls = TLSConfiguration(authoritiesFile: try TestBroker.tlsFile("ca.pem"))
        change(&configuration)
        return configuration
    }
}

extension TLSConfiguration.ClientCertificate {
    /// One of the tests' certificates, with its key or another one.
    static func named(_ name: String, key: String? = nil, passphrase: String? = nil) throws -> Self {
        .init(
            certificateFile: try TestBroker.tlsFile("\(name).pem"),
            keyFile: try TestBroker.tlsFile("\(key ?? name).key"),
            passphrase: passphrase.map { ConnectionConfiguration.Password($0) }
        )
    }
}

/// What a connection fails with; nil where it opens, and is closed again.
func openingError(_ configuration: ConnectionConfiguration) async -> RabbitMQError? {
    do {
        await (try Connection.open(configuration)).close()
        return nil
    } catch {
        return error
    }
}

/// Checks that nothing but another setting helps, and that the message says which.
func expectMisconfiguration(
    _ error: RabbitMQError?,
    _ words: String,
    code: RabbitMQError.Code = .tlsFailed,
    location: SourceLocation = #_sourceLocation
) {
    #expect(error?.code == code, sourceLocation: location)
    #expect(error?.isRetryable == false, sourceLocation: location)
    #expect(error?.message.contains(words) == true, "\(String(describing: error))", sourceLocation: location)
}
