/// How a run is recognised as the run of a request, which is a property of the factory.
package enum IdentityRule: Sendable, Hashable {
    /// The factory gives a run the id it was asked for, and starts nothing for one it knows.
    case clientRequestID
    /// The pipeline has a parameter of this name that takes the id; runs are found by it.
    case marker(parameter: String)
    /// Runs can't be recognised: requests are served at least once, and their replies say so.
    case none
}

/// What looking for a run by its marker came to.
package enum MarkerSearch: Sendable, Hashable {
    /// It is there.
    case found(ExistingRun)
    /// Every run that could be it was looked at, and none is.
    case absent
    /// There were more runs than may be looked at.
    case incomplete
}
