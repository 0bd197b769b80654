extension Fault {
    /// Writes the fault as it may be set again.
    func write(to output: inout JSONOutput) {
        output.object { output in
            output.member("route", route?.rawValue ?? "*")
            if let pipeline { output.member("pipeline", pipeline) }
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
            case .status(let status, let code), .statusAfterCommit(let status, let code):
                output.member("status") { $0.integer(status) }
                output.member("code", code)
            case .html(let status):
                output.member("status") { $0.integer(status) }
            default: break
            }
            variant.write(to: &output, of: effect.kind)
        }
    }
}

extension Fault.Variant {
    fileprivate func write(to output: inout JSONOutput, of kind: Fault.Kind) {
        if let retryAfter {
            if kind != .throttle { output.member("retryAfterSeconds") { $0.integer(retryAfter.seconds) } }
            output.member("form", retryAfter.form.rawValue)
        }
        if let throttleCode { output.member("code", throttleCode) }
        if let body { output.member("body", body.rawValue) }
    }
}
