internal import ArgumentParser
internal import ErrorDesk
internal import Foundation
internal import RabbitMQ
internal import TriggerWorker

extension ErrorsCommand {
    /// `adf-trigger errors send-home`.
    struct SendHome: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "send-home",
            abstract: "Put requests back on the request queue.",
            discussion: """
                One after the other, in the order of the queue: Data Factory is asked whether a
                run exists, the copy is confirmed by the request queue, and then the entry is
                taken out. May be killed and repeated at any time. A request that was rejected
                asks for a new run id, any other for the run it may have started.
                """
        )

        @OptionGroup var options: ConfigurationOptions
        @OptionGroup var selection: EntrySelection

        @Flag(help: "Do not ask.")
        var yes = false

        @Flag(help: "Do not ask Data Factory either: send also what has a run, which the worker then finds.")
        var force = false

        func run() async throws {
            let settings = try options.read(force ? .broker : [.broker, .azure])
            let agreed = try await selection.agree(settings, isAgreed: yes, "put back on the request queue")
            guard !agreed.isEmpty else { return }
            let access = try await makeAccess(settings)
            let rules = HomeRules(
                bodyLimit: settings.worker.bodyLimit,
                policy: settings.policy,
                lookup: access.map { DataFactoryLookup(client: $0.client) }
            )
            let count: Int
            do {
                count = try await send(agreed, rules, settings)
            } catch {
                await access?.shutdown()
                throw error
            }
            await access?.shutdown()
            printLine("\(count) of \(agreed.count) sent home")
            guard count == agreed.count else { throw ExitCode.failure }
        }

        private func send(_ agreed: [ErrorEntry], _ rules: HomeRules, _ settings: Settings) async throws -> Int {
            try await ErrorsSession.run(settings, bodyLimit: rules.bodyLimit) { session throws(ErrorDeskError) in
                do throws(RabbitMQError) {
                    try await settings.trust?.checkLogin(over: session.connection)
                } catch {
                    throw ErrorDeskError(error, at: settings.topology.requests)
                }
                return try await session.desk.sendHome(agreed, rules) { entry, homecoming in
                    let id = entry.id.withoutControls
                    switch homecoming {
                    case .sent(let generation):
                        printLine("sent home \(id)\(generation > 0 ? " in generation \(generation)" : "")")
                    case .refused(let reason): printLine("not sent \(id): \(reason)".withoutControls)
                    }
                }
            }
        }

        private func makeAccess(_ settings: Settings) async throws -> AzureAccess? {
            guard let azure = settings.azure else { return nil }
            quietLibraries(settings.logLevel)
            do {
                return try await AzureAccess(azure, concurrency: 1)
            } catch {
                printError("\(error)")
                throw ExitCode.configuration
            }
        }
    }
}
