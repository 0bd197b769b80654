import NIOConcurrencyHelpers

extension EmulatorServices {
    /// Answers the emulator's own routes.
    func administer(_ exchange: Exchange, _ route: Route) -> Answer {
        guard case .admin(let admin) = route else { return ManagementError.unknownPath.answer() }
        switch admin {
        case .ready:
            return .json(JSONOutput.object { $0.member("ready") { $0.flag(true) } })
        case .runs:
            return .json(management.allRuns())
        case .stats:
            return .json(statistics.json)
        case .requests:
            return .json(requests.json)
        case .faults:
            return .json(remainingFaults())
        case .replaceFaults:
            return replaceFaults(exchange.body)
        case .reset:
            faults.withLockedValue { $0.replace(with: []) }
            management.forget()
            statistics.forget()
            requests.forget()
            return Answer(status: 204)
        case .clock:
            return .json(dial.json)
        case .advanceClock:
            return advanceClock(exchange.body)
        }
    }

    private func replaceFaults(_ body: [UInt8]) -> Answer {
        do throws(ScenarioError) {
            let list = try Fault.list(json: body, pipelines: management.catalog.pipelineNames)
            faults.withLockedValue { $0.replace(with: list) }
            return .json(remainingFaults())
        } catch {
            return ManagementError(status: 400, code: "InvalidFault", message: error.description).answer()
        }
    }

    private func advanceClock(_ body: [UInt8]) -> Answer {
        do throws(ScenarioError) {
            let step = try ScenarioReader(body).object(knowing: ["advanceSeconds"]).required("advanceSeconds")
            guard dial.advance(by: try step.seconds()) else {
                throw step.wrong("must not put the clock forward by more than a century in all")
            }
            return .json(dial.json)
        } catch {
            return ManagementError(status: 400, code: "InvalidClock", message: error.description).answer()
        }
    }

    private func remainingFaults() -> [UInt8] {
        let remaining = faults.withLockedValue { $0.remaining }
        return JSONOutput.array { output in
            for fault in remaining { fault.write(to: &output) }
        }
    }
}
