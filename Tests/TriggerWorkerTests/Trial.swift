@testable import TriggerWorker

/// One request, worked on against a script.
struct Trial {
    /// What came of it.
    struct Outcome {
        let finished: FinishedRequest
        let events: [EventLog.Event]
        let postponement: Postponement?
        let replies: [Reply]
    }

    let starter: ScriptedStarter
    let message: RequestMessage
    let holdTime: Duration
    let budget: WriteBudget
    let health: ServiceHealth
    let stop: StopRequest
    let rules: StartStateMachine.Rules
    let memory: RequestMemory
    let policy: Policy

    init(
        _ starter: ScriptedStarter,
        _ message: RequestMessage = .sample(),
        holdTime: Duration = .seconds(60),
        budget: WriteBudget = WriteBudget(perSecond: 0, burst: 1),
        health: ServiceHealth = ServiceHealth(),
        stop: StopRequest = StopRequest(),
        rules: StartStateMachine.Rules = .sample(),
        memory: RequestMemory = RequestMemory(),
        policy: Policy = .sample()
    ) {
        self.starter = starter
        self.message = message
        self.holdTime = holdTime
        self.budget = budget
        self.health = health
        self.stop = stop
        self.rules = rules
        self.memory = memory
        self.policy = policy
    }

    func run() async throws -> Outcome {
        let log = EventLog()
        let replies = RecordingSender(log)
        let life = RequestLife.sample(
            policy: policy,
            holdTime: holdTime,
            budget: budget,
            health: health,
            stop: stop,
            rules: rules,
            memory: memory,
            starter: starter,
            replies: replies
        )
        let finished = try await life.run(RecordingDelivery(message: message, log: log))
        return Outcome(
            finished: finished,
            events: log.events,
            postponement: log.postponements.last,
            replies: replies.replies
        )
    }
}
