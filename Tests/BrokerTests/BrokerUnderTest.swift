import RabbitMQ
import RabbitMQTesting
import TestSupport
import Testing

/// What a conformance test runs against: a RabbitMQ node, and the broker that users' unit tests run against instead.
///
/// Where the two differ the node is right. A test that runs against the node alone says why.
enum BrokerUnderTest: Sendable, CustomTestStringConvertible {
    case realNode
    case inMemory(InMemoryBroker)

    /// Both. The one in memory is new for each test function.
    static var all: [BrokerUnderTest] { [.realNode, .inMemory(InMemoryBroker())] }

    var testDescription: String {
        switch self {
        case .realNode: "the RabbitMQ node"
        case .inMemory: "the in-memory broker"
        }
    }

    /// What leads to it.
    func configuration() throws -> ConnectionConfiguration {
        switch self {
        case .realNode: try Bench.configuration()
        case .inMemory(let broker): broker.configuration(connectionName: "broker-tests")
        }
    }

    /// Lets time pass on a broker whose clock a test moves; on a node it passes by itself, and the test waits for what
    /// follows from it.
    func pass(_ duration: Duration) {
        if case .inMemory(let broker) = self { broker.advance(by: duration) }
    }
}
