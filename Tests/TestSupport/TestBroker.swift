import Foundation

/// The RabbitMQ node the tests run against; `deploy/test` starts it.
public enum TestBroker {
    /// There is none. The tests fail then: skipped ones would look like passed ones.
    public struct Missing: Error, CustomStringConvertible {
        /// What to do.
        public let description =
            "ADF_TRIGGER_TEST_AMQP_URL is not set; run the tests with deploy/test, which starts a broker"
    }

    /// The node's URI.
    public static func uri() throws -> String {
        guard let uri = ProcessInfo.processInfo.environment["ADF_TRIGGER_TEST_AMQP_URL"] else { throw Missing() }
        return uri
    }

    /// The URI of the node's TLS port under a host name, trusting one of the authorities made for the tests.
    ///
    /// - Parameters:
    ///   - authority: `ca`, which signed the node's certificate for localhost and 127.0.0.1, or `stranger`; nil for those
    ///     of the system.
    ///   - parameters: More of the URI's, as in `verify=verify_peer`.
    public static func encryptedURI(
        host: String = "localhost",
        authority: String? = "ca",
        _ parameters: String...
    ) throws -> String {
        guard let port = ProcessInfo.processInfo.environment["ADF_TRIGGER_TEST_AMQPS_PORT"] else { throw Missing() }
        let trust = try authority.map { ["cacertfile=\(try tlsFile("\($0).pem"))"] } ?? []
        return "amqps://guest:guest@\(host):\(port)?" + (trust + parameters).joined(separator: "&")
    }

    /// The path of one of the files that `make_certificates` of `deploy/lib.sh` has made.
    public static func tlsFile(_ name: String) throws -> String {
        guard let directory = ProcessInfo.processInfo.environment["ADF_TRIGGER_TEST_TLS_DIRECTORY"] else {
            throw Missing()
        }
        return "\(directory)/\(name)"
    }

    /// A name no other test uses.
    public static func uniqueName(_ name: String) -> String {
        "test.\(name).\(UUID().uuidString.lowercased().prefix(8))"
    }
}

/// Waits until something is so: the one place where tests look again and again, with an end.
///
/// - Throws: ``NeverHappened`` after `limit`.
public func eventually(
    _ what: String,
    within limit: Duration = .seconds(60),
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard .now < deadline else {
            throw NeverHappened(description: "within \(limit) it never happened that \(what)")
        }
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// What a test waited for did not come.
public struct NeverHappened: Error, CustomStringConvertible {
    /// What was waited for.
    public let description: String

    /// Says what was waited for.
    public init(description: String) {
        self.description = description
    }
}
