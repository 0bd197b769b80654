internal import ArgumentParser
internal import AzureIdentity
internal import Foundation
internal import IOLoop
internal import Logging
internal import RabbitMQ
internal import ServiceLifecycle
internal import Telemetry
internal import TriggerWorker
internal import UnixSignals

/// `adf-trigger work`.
struct WorkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "work",
        abstract: "Consume requests and start their pipelines until stopped.",
        discussion: """
            Waits for a broker that is not up yet and comes back after a lost one. SIGTERM
            or SIGINT stops: no new request is begun, those in work are finished.
            """
    )

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let settings = try options.read([.broker, .azure])
        let faults = DataFactoryStarter.faults(of: settings.policy.aliases)
        guard faults.isEmpty else {
            printError("\(ConfigurationError(faults: faults))")
            throw ExitCode.configuration
        }
        LoggingSystem.bootstrap { [format = settings.logFormat, level = settings.logLevel] label in
            format.makeHandler(label: label, level: level)
        }
        let logger = Logger(label: "adf-trigger")
        for name in SettingsReader.unknownVariables(in: ProcessInfo.processInfo.environment) {
            logger.warning("environment variable has no meaning and is ignored", metadata: ["name": "\(name)"])
        }
        if settings.longestHold > Settings.acknowledgementLimit {
            logger.warning(
                "in an outage requests may be held longer than the broker waits for acknowledgements; lower worker.prefetch or worker.holdSeconds",
                metadata: ["hold_s": "\(settings.longestHold.components.seconds)"]
            )
        }
        guard let services = try await makeServices(settings, logger) else { throw ExitCode.configuration }
        var configuration = ServiceGroupConfiguration(
            // They are stopped from the last to the first: probes are answered while the worker drains.
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: quiet(logger)
        )
        // Beyond this the tasks are cancelled, and what they hold goes back to the queue.
        configuration.maximumGracefulShutdownDuration = settings.stopTime
        // The libraries log to the current logger, which would be one of its own making otherwise.
        do {
            try await withLogger(logger) { _ in try await ServiceGroup(configuration: configuration).run() }
        } catch let error as HealthServer.Unusable {
            printError("\(error)")
            throw ExitCode.configuration
        }
    }

    /// Nil for settings without Azure's part.
    private func makeServices(
        _ settings: Settings,
        _ logger: Logger
    ) async throws -> [ServiceGroupConfiguration.ServiceConfiguration]? {
        guard let azure = settings.azure else { return nil }
        // All that is done for a request is done on it: a way between threads would cost more than any of its steps.
        let thread: IOThread
        let access: AzureAccess
        do {
            thread = try .forConnections(named: "work")
            access = try await AzureAccess(azure, concurrency: settings.worker.concurrency, on: thread)
        } catch {
            printError("\(error)")
            throw ExitCode.configuration
        }
        logger.info(
            "using Azure",
            metadata: [
                "azure.cloud": "\(azure.cloud.name)", "azure.credential": "\(access.credential)",
                "azure.management_endpoint": "\(azure.managementEndpoint)",
            ]
        )
        let budget = WriteBudget(perSecond: azure.writesPerSecond, burst: azure.writeBurst)
        let health = ServiceHealth()
        let monitor = settings.http.map { _ in
            HealthMonitor(
                health: health,
                requestQueue: settings.topology.requests,
                stillnessLimit: settings.stillnessLimit
            )
        }
        let server = settings.http.flatMap { address in
            monitor.map { HealthServer(address, monitor: $0, logger: logger) }
        }
        let work = WorkService(
            settings,
            access,
            thread,
            budget: budget,
            health: health,
            monitor: monitor,
            after: server?.isListening,
            logger: logger
        )
        // Each with a name: the library's own would be all that the service holds, found out by reflection at the start.
        let worker = ServiceGroupConfiguration.ServiceConfiguration(service: work, serviceName: "worker")
        return server.map { [.init(service: $0, serviceName: "health server"), worker] } ?? [worker]
    }

    /// The group's own lines tell about our services starting and stopping, which they say themselves.
    private func quiet(_ logger: Logger) -> Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}
