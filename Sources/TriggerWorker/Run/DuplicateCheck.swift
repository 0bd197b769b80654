/// Which requests are looked up before createRun is called for them.
package enum DuplicateCheck: String, Sendable, CaseIterable {
    /// Every one: publishers send twice, too.
    case always
    /// Those that somebody may have started already: redelivered, put back, sent home.
    case redelivered
    /// None but those whose own createRun call ended without an answer.
    case never
}
