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
        }
    }

    private func replaceFaults(_ body: [UInt8]) -> Answer {
        do throws(ScenarioError) {
            let list = try Fault.list(json: body)
            faults.withLockedValue { $0.replace(with: list) }
            return .json(remainingFaults())
        } catch {
            return ManagementError(status: 400, code: "InvalidFault", message: error.description).answer()
        }
    }

    private func remainingFaults() -> [UInt8] {
        let remaining = faults.withLockedValue { $0.remaining }
        return JSONOutput.array { output in
            for fault in remaining { fault.write(to: &output) }
        }
    }
}

extension Fault {
    fileprivate func write(to output: inout JSONOutput) {
        output.object { output in
            output.member("route", route?.rawValue ?? "*")
            output.member("fault", effect.name)
            switch trigger {
            case .always: break
            case .rate(let rate): output.member("rate") { $0.raw(rate.description.utf8) }
            case .times(let times): output.member("times") { $0.integer(times) }
            }
            switch effect {
            case .latency(let milliseconds), .commitLate(let milliseconds):
                output.member("ms") { $0.integer(milliseconds) }
            case .throttle(let seconds?):
                output.member("retryAfterSeconds") { $0.integer(seconds) }
            case .status(let status, let code):
                output.member("status") { $0.integer(status) }
                output.member("code", code)
            case .html(let status):
                output.member("status") { $0.integer(status) }
            case .throttle(nil), .hang, .resetBeforeCommit, .resetAfterCommit, .gatewayTimeout,
                .gatewayTimeoutAfterCommit, .truncatedBodyAfterCommit:
                break
            }
        }
    }
}
