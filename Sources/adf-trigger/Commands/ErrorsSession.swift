internal import ArgumentParser
internal import ErrorDesk
internal import Foundation
internal import RabbitMQ

/// A connection to the broker, for a command of the error desk.
struct ErrorsSession {
    let desk: ErrorDesk
    let connection: Connection

    /// Does what a command is for. Where the broker would use up what is read, nothing is.
    ///
    /// - Parameters:
    ///   - bodyLimit: How large a body may be to be kept, in bytes.
    /// - Throws: `ExitCode`, after the reason was written.
    static func run<Result>(
        _ settings: Settings,
        bodyLimit: Int,
        _ body: (ErrorsSession) async throws(ErrorDeskError) -> Result
    ) async throws -> Result {
        do throws(ErrorDeskError) {
            try await check(settings)
            let connection = try await open(settings, bodyLimit: bodyLimit)
            do throws(ErrorDeskError) {
                let desk = ErrorDesk(
                    over: connection,
                    errors: settings.topology.errors,
                    requests: settings.topology.requests,
                    identity: settings.identity,
                    trust: settings.trust
                )
                let result = try await body(ErrorsSession(desk: desk, connection: connection))
                await connection.close()
                return result
            } catch {
                await connection.close()
                throw error
            }
        } catch {
            printError("\(error)".withoutControls)
            throw error.exitCode
        }
    }

    private static func open(_ settings: Settings, bodyLimit: Int) async throws(ErrorDeskError) -> Connection {
        let brokers = settings.brokers.map { broker in
            var broker = broker
            broker.connectionName = "adf-trigger errors"
            broker.maximumBodyByteCount = bodyLimit
            return broker
        }
        do throws(RabbitMQError) {
            return try await Connection.open(anyOf: brokers)
        } catch {
            throw ErrorDeskError(error, at: settings.topology.errors)
        }
    }

    /// How long the broker may take to show that it would not drop what is read.
    private static let checkLimit = Duration.seconds(10)

    private static func check(_ settings: Settings) async throws(ErrorDeskError) {
        let topology = settings.topology
        guard let queue = topology.declarations.first(where: { $0.name == topology.errors }) else {
            preconditionFailure("the topology declares its own error queue")
        }
        // Over a connection of its own: it publishes, and of one that does the broker reads nothing while it is short of
        // memory or disk. Looking must be possible then too.
        let connection = try await open(settings, bodyLimit: 0)
        let result = await withTaskGroup(of: Result<DeliveryLimit.Finding, ErrorDeskError>?.self) { group in
            group.addTask {
                do throws(ErrorDeskError) {
                    return .success(try await DeliveryLimit(of: queue).find(over: connection))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                try? await Task.sleep(for: checkLimit)
                return nil
            }
            let first = await group.next() ?? nil
            // Ends what still waits.
            await connection.close()
            group.cancelAll()
            return first
        }
        switch try (result ?? .success(.unknown("the broker takes no messages at this moment"))).get() {
        case .none: break
        case .unknown(let reason):
            printError("it could not be checked whether reading uses up messages: \(reason)".withoutControls)
        case .low(let reason):
            throw ErrorDeskError(
                .lowDeliveryLimit,
                "queue \"\(queue.name)\" is not read, because the broker would drop what is read too often: \(reason); "
                    + "anchor the policy to the request queue, as ^adf\\.trigger\\.requests$, or declare the queue anew"
            )
        }
    }
}

extension ErrorDeskError {
    var exitCode: ExitCode {
        switch code {
        case .missingQueue, .lowDeliveryLimit: return .configuration
        case .inUse, .refused, .service: return .unavailable
        case .broker:
            guard let underlying else { return .unavailable }
            // A login or a permission that somebody has to mend.
            let isSetting = [.accessRefused, .virtualHostRefused, .tlsFailed, .passwordUnreadable]
                .contains(underlying.code)
            return isSetting || underlying.replyCode == 403 ? .configuration : .unavailable
        }
    }
}

/// Writes one line to standard output at once: what was done must be known also where the program is killed.
func printLine(_ line: String) {
    try? FileHandle.standardOutput.write(contentsOf: Data("\(line)\n".utf8))
}

/// Writes a value as JSON to standard output, where a terminal may be.
func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    printLine(String(decoding: try encoder.encode(value), as: UTF8.self).withControlsEscaped)
}

/// Asks a person to type yes.
func isConfirmed(_ question: String) -> Bool {
    try? FileHandle.standardError.write(contentsOf: Data("\(question) Type yes: ".utf8))
    return readLine(strippingNewline: true)?.trimmingCharacters(in: .whitespaces) == "yes"
}
