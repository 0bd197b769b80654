import RabbitMQ
import TestSupport
import Testing

extension FaultTests {
    @Suite("Connections ended by the node", .timeLimit(.minutes(5)))
    struct ConnectionEndTests {
        @Test(
            "each connection that ends is noticed as what it was, and the next one opens",
            arguments: [(BrokerNode.ConnectionEnd.close, RabbitMQError.Code.closedByBroker), (.crash, .connectionLost)]
        )
        func oneAfterTheOther(end: BrokerNode.ConnectionEnd, code: RabbitMQError.Code) async throws {
            try await withNode { node in
                let name = TestBroker.uniqueName("ended")
                let configuration = try node.configuration { $0.connectionName = name }
                // One of another name, which nobody ends.
                try await node.withChannel { bystander, _ in
                    // In a group, so that the losses are not waited for where nobody brings them about any more.
                    try await withThrowingTaskGroup { group in
                        group.addTask {
                            try await node.killConnections(
                                count: 25,
                                meanPauseMilliseconds: 20,
                                named: name,
                                by: end
                            )
                        }
                        group.addTask {
                            for _ in 1...25 {
                                // One that is ended before it is open was ended, too.
                                let connection = try? await Connection.open(configuration)
                                let reason = await connection?.waitUntilClosed()
                                try Task.checkCancellation()
                                guard let reason else { continue }
                                #expect(reason.code == code)
                                #expect(reason.isRetryable)
                            }
                        }
                        try await group.waitForAll()
                    }

                    // There is nobody left to end this one.
                    try await withConnection(configuration) { connection in
                        try await connection.openChannel().enableConfirms()
                        #expect(await connection.closed == nil)
                    }
                    #expect(await bystander.closed == nil)
                }
            }
        }

        @Test("ending connections that are not there is an error, and not a success")
        func none() async throws {
            try await withNode { node in
                let killing = await #expect(throws: NeverHappened.self) {
                    try await node.killConnections(
                        count: 1,
                        meanPauseMilliseconds: 0,
                        named: "nobody",
                        within: .seconds(1)
                    )
                }
                #expect(killing?.description.contains("missing") == true)
            }
        }
    }
}
