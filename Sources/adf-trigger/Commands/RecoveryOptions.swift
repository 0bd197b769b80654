internal import ArgumentParser
internal import DataFactory

/// Data Factory's options of a run that repeats or recovers another.
struct RecoveryOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Take the parameters of this run.", valueName: "run-id"))
    var referenceRun: String?

    @Flag(help: "Recover the referenced run: the new one joins its group.")
    var recovery = false

    @Option(name: .long, help: ArgumentHelp("In a recovery, begin at this activity.", valueName: "name"))
    var startActivity: String?

    @Flag(help: "In a recovery, begin at what failed.")
    var startFromFailure = false

    // Data Factory ignores what does not fit together, and would run something else than was meant.
    func validate() throws {
        guard !recovery || referenceRun != nil else {
            throw ValidationError("--recovery needs --reference-run, the run to recover.")
        }
        guard recovery || (startActivity == nil && !startFromFailure) else {
            throw ValidationError("--start-activity and --start-from-failure go with --recovery.")
        }
        guard startActivity == nil || !startFromFailure else {
            throw ValidationError("Give either --start-activity or --start-from-failure.")
        }
    }

    var runOptions: RunOptions {
        RunOptions(
            referencePipelineRunID: referenceRun,
            isRecovery: recovery,
            startActivityName: startActivity,
            startFromFailure: startFromFailure
        )
    }
}
