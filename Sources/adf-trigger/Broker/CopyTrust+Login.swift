internal import RabbitMQ

extension CopyTrust {
    /// Makes sure that the broker knows our login by ``user``: it closes the channel of whoever publishes under another
    /// name, and what others had on that channel is in doubt.
    ///
    /// It asks with a message that goes nowhere.
    ///
    /// - Throws: ``RabbitMQError``: `accessRefused` where that is not our name.
    func checkLogin(over connection: Connection) async throws(RabbitMQError) {
        let channel = try await connection.openChannel()
        try await channel.enableConfirms()
        var message = Message(body: [])
        message.properties.userID = user
        let outcome = try await channel.publish(message, routingKey: "adf-trigger.nobody", isMandatory: false)
        switch outcome {
        case .confirmed, .returned, .nacked: await channel.close()
        case .inDoubt(let error) where error.replyCode == 406:
            throw RabbitMQError(
                .accessRefused,
                "the broker knows this login by another name; set amqp.user to that: \(error.message)",
                replyCode: 406
            )
        case .inDoubt(let error): throw error
        }
    }
}
