internal import ArgumentParser
internal import UnixSignals

/// The end of a command that did not do what it was asked: what it prints, and its exit code.
struct CommandEnd: Error {
    var report: RunReport
    /// For a person.
    var line: String
    var exitCode: ExitCode

    init(report: RunReport, line: String, exitCode: ExitCode) {
        self.report = report
        self.line = line
        self.exitCode = exitCode
    }

    /// - Parameters:
    ///   - report: What is known besides the failure.
    ///   - cut: What cut the work short; a signal decides the exit code, as shells have it.
    ///   - what: What happened; the failure's own words follow.
    ///   - advice: In place of the failure's own.
    init(
        _ failure: CommandFailure,
        report: RunReport,
        cut: CutShort? = nil,
        naming what: String? = nil,
        advice: String? = nil
    ) {
        var failure = failure
        if let advice { failure.advice = advice }
        var exitCode = failure.exitCode
        if case .signal(let signal)? = cut {
            exitCode = ExitCode(128 + signal.rawValue)
            if failure.errorClass != .outcomeUnknown { failure.interrupt(by: signal) }
        }
        var report = report
        report.error = RunReport.Fault(failure)
        report.attempts = failure.attempts ?? report.attempts
        self.init(
            report: report,
            line: (what.map { "\($0): " } ?? "") + failure.line,
            exitCode: exitCode
        )
    }
}

extension CommandFailure {
    fileprivate mutating func interrupt(by signal: UnixSignal) {
        errorClass = .interrupted
        code = "Interrupted"
        message = "\(signal) came"
        httpStatus = nil
        azureRequestID = nil
    }
}
