internal import Subprocess
internal import SystemPackage

/// Runs `az` within a time and a size.
struct AzureCLICommand: Sendable {
    struct Output: Sendable {
        let isSuccess: Bool
        let standardOutput: [UInt8]
        let standardError: String
    }

    enum Failure: Error {
        case notInstalled
        case timeout(Duration)
        case tooMuchOutput
        case cancelled
        case notStarted(String)
    }

    /// An answer has 3 KiB; warnings of extensions come to some more on the other channel.
    private static let largestOutput = 256 * 1024

    let environment: [String: String]
    let timeout: Duration

    /// Runs it to its end.
    func run(_ arguments: [String]) async throws(Failure) -> Output {
        let result = await withTaskGroup(of: Result<Output, Failure>?.self) { group in
            group.addTask { await start(arguments) }
            group.addTask {
                // Nil when the time is up; a sleep that was cancelled has lost the race and is not looked at.
                try? await Task.sleep(for: timeout)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        if Task.isCancelled { throw .cancelled }
        guard let result else { throw .timeout(timeout) }
        return try result.get()
    }

    private func start(_ arguments: [String]) async -> Result<Output, Failure> {
        var variables: [Environment.Key: String?] = ["AZURE_CORE_NO_COLOR": "true"]
        for (name, value) in environment {
            if let key = Environment.Key(rawValue: name), !name.isEmpty { variables[key] = value }
        }
        var options = PlatformOptions()
        // `az` is a script that starts an interpreter, and a signal for the one does not reach the other: the session
        // makes them a group that ends as one.
        options.createSession = true
        options.teardownSequence = [
            .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .milliseconds(100))
        ]
        do {
            let result = try await Subprocess.run(
                .name("az"),
                arguments: Arguments(arguments),
                environment: .inherit.updating(variables),
                // Somewhere nobody leaves files to be picked up from: an interpreter may look where it was started.
                workingDirectory: "/",
                platformOptions: options,
                output: .bytes(limit: Self.largestOutput),
                error: .bytes(limit: Self.largestOutput)
            )
            return .success(
                Output(
                    isSuccess: result.terminationStatus.isSuccess,
                    standardOutput: result.standardOutput,
                    standardError: String(decoding: result.standardError, as: UTF8.self)
                )
            )
        } catch let error as SubprocessError {
            switch error.code {
            case .executableNotFound: return .failure(.notInstalled)
            case .outputLimitExceeded: return .failure(.tooMuchOutput)
            default: return .failure(.notStarted("\(error.code)"))
            }
        } catch {
            return .failure(.cancelled)
        }
    }
}
