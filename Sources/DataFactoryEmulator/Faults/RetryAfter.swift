import HTTPTypes

/// A wait that an answer asks for.
package struct RetryAfter: Sendable, Equatable {
    /// How the wait is written.
    package enum Form: String, Sendable, CaseIterable {
        /// `Retry-After` in whole seconds.
        case seconds
        /// `Retry-After` as an HTTP date.
        case date
        /// `x-ms-retry-after-ms`, and no `Retry-After`.
        case milliseconds = "ms"
    }

    /// The wait in seconds.
    package var seconds: Int
    /// How it is written.
    package var form: Form

    /// A wait of so many seconds.
    package init(seconds: Int, form: Form = .seconds) {
        self.seconds = seconds
        self.form = form
    }

    /// Puts the wait into an answer's headers, in place of one that is there.
    ///
    /// The date is one of the machine's clock, as the answer's own `Date` is, whatever the emulator's clock says.
    func write(to headers: inout HTTPFields) {
        headers[.retryAfter] = nil
        switch form {
        case .seconds: headers[.retryAfter] = String(seconds)
        case .date: headers[.retryAfter] = (Timestamp.systemNow() + .seconds(seconds)).httpDate
        case .milliseconds: headers[.retryAfterMilliseconds] = String(seconds * 1000)
        }
    }
}
