/// That a request ends without a run, and why.
struct StartVerdict: Sendable {
    let errorClass: ErrorClass
    let failure: StartFailure

    init(_ errorClass: ErrorClass, _ failure: StartFailure) {
        self.errorClass = errorClass
        self.failure = failure
    }
}
