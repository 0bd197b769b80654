internal import ArgumentParser
internal import Foundation
internal import RabbitMQ

/// `adf-trigger topology`.
struct TopologyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topology",
        abstract: "Shows or creates the queues.",
        subcommands: [Declare.self, Show.self]
    )

    struct Declare: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create the queues that are missing; check the rest.")

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let settings = try options.read(.broker)
            try await withConnection(settings) { connection throws(RabbitMQError) in
                try await settings.topology.prepare(.declare, over: connection)
            }
            print("\(settings.topology.declarations.count) queues are there")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the queues: what they hold, or that they are missing."
        )

        @OptionGroup var options: ConfigurationOptions

        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            let settings = try options.read(.broker)
            var rows: [Row] = []
            try await withConnection(settings) { connection throws(RabbitMQError) in
                for queue in settings.topology.declarations {
                    rows.append(try await Row(queue, over: connection))
                }
            }
            print(json ? try Row.json(rows) : Row.table(rows))
            guard rows.allSatisfy({ $0.exists }) else { throw ExitCode.failure }
        }
    }
}

/// Runs `body` with a connection, or ends the program with the reason.
private func withConnection(
    _ settings: Settings,
    _ body: (Connection) async throws(RabbitMQError) -> Void
) async throws {
    do throws(RabbitMQError) {
        let connection = try await Connection.open(anyOf: settings.brokers)
        do throws(RabbitMQError) {
            try await body(connection)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    } catch {
        printError(error.message)
        throw error.isRetryable && error.code != .channelClosed ? ExitCode.unavailable : ExitCode.configuration
    }
}

/// One queue in the list.
private struct Row: Encodable {
    var name: String
    var exists: Bool
    var ready: Int?
    var consumers: Int?
    var arguments: [String: String]

    init(_ queue: QueueDeclaration, over connection: Connection) async throws(RabbitMQError) {
        name = queue.name
        arguments = Dictionary(
            queue.arguments.entries.map { ($0.key, $0.value.text ?? $0.value.integer.map { "\($0)" } ?? "") },
            uniquingKeysWith: { $1 }
        )
        let channel = try await connection.openChannel()
        do throws(RabbitMQError) {
            let status = try await channel.reliableStatus(ofQueue: queue.name)
            (exists, ready, consumers) = (true, status.readyCount, status.consumerCount)
            await channel.close()
        } catch {
            guard error.replyCode == 404 else { throw error }
            exists = false
        }
    }

    static func json(_ rows: [Row]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(["queues": rows]), as: UTF8.self)
    }

    static func table(_ rows: [Row]) -> String {
        let width = max(5, rows.map { $0.name.count }.max() ?? 0)
        let header = "QUEUE".padding(toLength: width, withPad: " ", startingAt: 0) + "   READY  CONSUMERS"
        return
            ([header]
            + rows.map { row in
                let name = row.name.padding(toLength: width, withPad: " ", startingAt: 0)
                guard let ready = row.ready, let consumers = row.consumers else { return "\(name)   missing" }
                return name + String(format: "%8d %10d", ready, consumers)
            }).joined(separator: "\n")
    }
}
