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
    within limit: Duration = .seconds(20),
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
