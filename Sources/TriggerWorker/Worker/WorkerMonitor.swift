/// Whoever counts what a worker does. It is told on the path of every request, so it must not wait.
package protocol WorkerMonitor: Sendable {
    /// A request was taken into work.
    func began()

    /// One is done: answered or put back, and acknowledged.
    func finished(_ request: FinishedRequest, took duration: Duration)

    /// One was left to its next holder.
    func left()
}
