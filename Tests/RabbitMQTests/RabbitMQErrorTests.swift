import Testing

@testable import RabbitMQ

@Suite("Errors")
struct RabbitMQErrorTests {
    @Test(
        "only what may heal by itself is retryable",
        arguments: [
            (.unreachable, nil, true), (.connectionLost, nil, true), (.timeout, nil, true),
            (.consumerCancelled, nil, true), (.staleDelivery, nil, true),
            (.closedByBroker, 320, true), (.closedByBroker, 541, true), (.closedByBroker, 501, false),
            (.closedByBroker, 504, false), (.closedByBroker, 530, false), (.closedByBroker, nil, false),
            (.channelClosed, 404, true), (.channelClosed, 405, true), (.channelClosed, 403, false),
            (.channelClosed, 406, false), (.channelClosed, nil, false),
            (.accessRefused, 403, false), (.virtualHostRefused, 530, false), (.alreadySettled, nil, false),
            (.closedByUs, nil, false), (.invalidArgument, nil, false), (.invalidURI, nil, false),
            (.protocolViolation, nil, false), (.tlsFailed, nil, false),
        ] as [(RabbitMQError.Code, UInt16?, Bool)]
    )
    func isRetryable(code: RabbitMQError.Code, replyCode: UInt16?, expected: Bool) {
        #expect(RabbitMQError(code, "words", replyCode: replyCode).isRetryable == expected)
    }

    @Test("a channel closed because an acknowledgement took too long is retryable")
    func acknowledgementTimedOut() {
        let text =
            "PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out. Timeout value used: 1800000 ms"

        #expect(RabbitMQError(.channelClosed, text, replyCode: 406).isRetryable)
    }

    @Test("the description is the code, the broker's reply code where there is one, and the words")
    func description() {
        #expect("\(RabbitMQError(.timeout, "too late"))" == "timeout: too late")
        #expect("\(RabbitMQError(.channelClosed, "NOT_FOUND", replyCode: 404))" == "channelClosed 404: NOT_FOUND")
    }

    @Test("an error knows where it was made")
    func place() {
        let (error, line) = (RabbitMQError(.timeout, "too late"), #line)

        #expect(error.file == "RabbitMQTests/RabbitMQErrorTests.swift")
        #expect(error.line == line)
    }

    @Test("codes are compared by what they mean")
    func codes() {
        #expect(RabbitMQError.Code.timeout == .timeout)
        #expect(Set<RabbitMQError.Code>([.timeout, .timeout, .connectionLost]).count == 2)
    }
}
