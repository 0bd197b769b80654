internal import ArgumentParser
internal import Foundation
internal import RabbitMQ
internal import TriggerWorker

/// `adf-trigger send`.
struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Put a request on the request queue.",
        discussion: """
            With --wait the reply is printed as JSON, and the exit code is 0 if a run was
            started, 1 if not, 69 if no reply came in time.
            """
    )

    @OptionGroup var options: ConfigurationOptions

    @Argument(help: ArgumentHelp("An alias, or the ARM id of a pipeline.", valueName: "target"))
    var target: String?

    @OptionGroup var given: ParameterOptions

    @Option(name: .long, help: ArgumentHelp("Send these bytes as the body, as they are.", valueName: "file"))
    var body: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Do not start later than this, as 2026-11-22T06:00:00Z.", valueName: "time")
    )
    var deadline: String?

    @Option(name: .long, help: ArgumentHelp("The request's identity. Random if absent.", valueName: "id"))
    var messageID: String?

    @Option(name: .long, help: ArgumentHelp("A queue for the reply.", valueName: "queue"))
    var replyTo: String?

    @Flag(help: "Wait for the reply and print it.")
    var wait = false

    @Option(name: .long, help: ArgumentHelp("How many seconds all of it may take.", valueName: "seconds"))
    var timeout = 120

    func validate() throws {
        guard (target == nil) != (body == nil) else {
            throw ValidationError("Give either a target or --body.")
        }
        guard body == nil || (given.isEmpty && deadline == nil) else {
            throw ValidationError(
                "--body is the whole request; --param, --params-file and --deadline do not go with it."
            )
        }
        guard !wait || replyTo == nil else {
            throw ValidationError("--wait has a reply address of its own; leave out --reply-to.")
        }
        guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout must be 1 to 86400 seconds.") }
    }

    func run() async throws {
        let settings = try options.read(.broker)
        let request = try makeBody()
        do {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    try await send(request, settings)
                    return true
                }
                // Over everything, since a broker that is short of memory takes no request either.
                group.addTask { [timeout] in
                    try await Task.sleep(for: .seconds(timeout))
                    return false
                }
                defer { group.cancelAll() }
                guard try await group.next() == true else {
                    let what = wait ? "no reply came" : "the broker did not take the request"
                    printError(
                        "\(what) within \(timeout) s; a request that is queued stays so, and may still be served"
                    )
                    throw ExitCode.unavailable
                }
            }
        } catch let error as RabbitMQError {
            printError(error.message)
            throw error.isRetryable ? ExitCode.unavailable : ExitCode.failure
        }
    }

    // MARK: - The request

    private func makeBody() throws -> [UInt8] {
        if let body { return try ParameterOptions.read(body) }
        let parameters = try given.read()
        do {
            return try TriggerRequest.body(target: target ?? "", parameters: parameters, deadline: deadline)
        } catch {
            throw ValidationError(error.message)
        }
    }

    // MARK: - Sending

    private func send(_ body: [UInt8], _ settings: Settings) async throws {
        let connection = try await Connection.open(anyOf: settings.brokers)
        let channel = try await connection.openChannel()
        try await channel.enableConfirms()
        // Direct reply-to asks that the same channel consumes and publishes, and consumes first.
        let pseudoQueue = "amq.rabbitmq.reply-to"
        let replies =
            wait ? try await channel.consume(pseudoQueue, consumerTag: "replies", mode: .automaticAcknowledgement) : nil

        let id = messageID ?? UUID().uuidString.lowercased()
        var message = Message(body: body)
        message.properties.messageID = id
        if case .header(let name) = settings.identity.property { message.properties.headers = [name: .string(id)] }
        message.properties.userID = settings.trust?.user
        message.properties.correlationID = id
        message.properties.contentType = "application/json"
        message.properties.deliveryMode = .persistent
        message.properties.timestamp = UInt64(Date().timeIntervalSince1970)
        message.properties.appID = "adf-trigger send"
        message.properties.replyTo = wait ? pseudoQueue : replyTo
        let outcome = try await channel.publish(message, routingKey: settings.topology.requests, isMandatory: true)
        try check(outcome, settings)
        guard let replies else {
            print("{\"messageId\":\(try quoted(id))}")
            await connection.close()
            return
        }
        var reply: Delivery?
        for try await candidate in replies where candidate.message.properties.correlationID == id {
            reply = candidate
            break
        }
        await connection.close()
        guard let reply else { return }
        print(String(decoding: reply.message.body, as: UTF8.self))
        let said = reply.message.properties.headers?["outcome"]?.text.flatMap(Outcome.init(rawValue:))
        if said?.isRun != true { throw ExitCode.failure }
    }

    private func check(_ outcome: PublishOutcome, _ settings: Settings) throws {
        switch outcome {
        case .confirmed: return
        case .returned:
            printError(
                "queue \"\(settings.topology.requests)\" does not exist; create it with \"adf-trigger topology declare\""
            )
        case .nacked: printError("queue \"\(settings.topology.requests)\" refuses the request; it is probably full")
        case .inDoubt where Task.isCancelled: break  // the time-out has been told of
        case .inDoubt(let error):
            printError(
                "it is not known whether the request was stored: \(error.message); send it again with the same --message-id"
            )
        }
        throw ExitCode.unavailable
    }

    private func quoted(_ text: String) throws -> String {
        String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
    }
}
