import Glibc

/// The clock and what the process has used of the machine, at one moment.
struct Sample {
    let nanoseconds: Int
    let usage: rusage

    init() {
        var clock = timespec()
        clock_gettime(CLOCK_MONOTONIC, &clock)
        nanoseconds = clock.tv_sec * 1_000_000_000 + clock.tv_nsec
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        self.usage = usage
    }
}

/// What the messages between two samples cost, as one line of JSON with the keys of `c/echo.c`.
struct Figures: CustomStringConvertible {
    let messages: Int
    let seconds: Double
    let userSeconds: Double
    let systemSeconds: Double
    let contextSwitches: Int

    init(messages: Int, from: Sample, to: Sample) {
        self.messages = messages
        seconds = Double(to.nanoseconds - from.nanoseconds) / 1e9
        userSeconds = to.usage.ru_utime.seconds - from.usage.ru_utime.seconds
        systemSeconds = to.usage.ru_stime.seconds - from.usage.ru_stime.seconds
        contextSwitches = to.usage.contextSwitches - from.usage.contextSwitches
    }

    var description: String {
        """
        {"messages": \(messages), "seconds": \(seconds), "userSeconds": \(userSeconds), \
        "systemSeconds": \(systemSeconds), "contextSwitches": \(contextSwitches)}
        """
    }
}

extension timeval {
    fileprivate var seconds: Double { Double(tv_sec) + Double(tv_usec) / 1e6 }
}

extension rusage {
    fileprivate var contextSwitches: Int { ru_nvcsw + ru_nivcsw }
}
