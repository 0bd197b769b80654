internal import ArgumentParser
internal import AzureIdentity
internal import DataFactory

/// Why a command that calls Azure did not do what it was asked.
struct CommandFailure: Error {
    /// What kind of failure it is; `error.class` of the command's JSON.
    enum Class: String {
        /// Somebody has to change a setting; the credential's belong here too.
        case configuration
        /// What was asked for can't be, by Azure's rules.
        case invalid
        /// There is no such run.
        case notFound = "not-found"
        /// Azure refuses this pipeline, these parameters, or us.
        case rejected
        /// Azure, or the way to it, kept failing; nothing was started.
        case unavailable
        /// A run may have been started, and it could not be found out.
        case outcomeUnknown = "outcome-unknown"
        /// The time given was over.
        case timedOut = "timed-out"
        /// A signal came.
        case interrupted
    }

    var errorClass: Class
    /// Azure's code, or ours for what never reached Azure.
    var code: String
    /// Without secrets.
    var message: String
    var httpStatus: Int?
    var azureRequestID: String?
    /// What to do about it.
    var advice: String?
    /// How many times createRun was called.
    var attempts: Int?

    init(_ errorClass: Class, code: String, message: String, advice: String? = nil) {
        self.errorClass = errorClass
        self.code = code
        self.message = message
        self.advice = advice
    }

    /// What an error of the client means where nothing was started.
    init(_ error: DataFactoryError) {
        switch error.disposition {
        case .permanent: errorClass = .rejected
        case .access:
            errorClass = .rejected
            advice =
                error.status == 403
                ? "grant the credential a role that has this action on the factory"
                : "check subscription, resource group and factory; a missing role can look like this too"
        case .credential where !error.isPassing:
            errorClass = .configuration
            advice = "check azure.credential and the settings it uses"
        case .credential:
            errorClass = .unavailable
            advice = "repeat the command later, or name another azure.credential"
        case .safe, .ambiguous, .throttled:
            errorClass = .unavailable
            advice = "repeat the command later"
        }
        code = error.code
        message = error.message
        httpStatus = error.status
        azureRequestID = error.azureRequestID
    }

    /// Cancelled: by the end of its time, as far as is known here.
    static let cutShort = CommandFailure(.timedOut, code: "TimedOut", message: "the time given was over")

    /// One line without control characters: Azure's texts may hold line ends, and hostile ones more.
    var line: String {
        var line = code
        if let httpStatus { line += " (HTTP \(httpStatus))" }
        line += ": \(message)"
        if let azureRequestID { line += " [x-ms-request-id \(azureRequestID)]" }
        if let advice { line += "; \(advice)" }
        return line.withoutControls
    }

    var exitCode: ExitCode {
        switch errorClass {
        case .configuration: .configuration
        case .invalid: .validationFailure
        case .notFound, .rejected: .failure
        case .unavailable, .outcomeUnknown, .timedOut, .interrupted: .unavailable
        }
    }
}

extension DataFactoryError {
    /// Whether it is weather, so that asking again can help.
    var isPassing: Bool {
        switch disposition {
        case .safe, .ambiguous, .throttled: return true
        case .permanent, .access: return false
        case .credential:
            guard case .identity(let error)? = underlying else { return false }
            return !error.isConfiguration
        }
    }
}
