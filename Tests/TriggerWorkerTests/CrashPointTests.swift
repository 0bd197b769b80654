import Testing
import TriggerWorker

@Suite("The numbered steps of a request's life")
struct CrashPointTests {
    @Test("there are fifteen, numbered in the order of the list; the crash matrix goes through them all")
    func list() {
        let steps = CrashPoint.allCases.map { "\($0.rawValue) \($0)" }

        #expect(
            steps == [
                "1 received", "2 decoded", "3 lookingUp", "4 lookedUp", "5 authorized", "6 starting",
                "7 startAnswered", "8 parking", "9 parked", "10 postponing", "11 postponed", "12 replying",
                "13 replied", "14 acknowledging", "15 acknowledged",
            ]
        )
    }
}
