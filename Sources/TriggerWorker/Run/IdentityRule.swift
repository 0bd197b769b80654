package import FoundationEssentials

/// How a run is recognised as the run of a request, which is a property of the factory.
package enum IdentityRule: Sendable, Hashable {
    /// The factory gives a run the id it was asked for, and starts nothing for one it knows.
    case clientRequestID
    /// The pipeline has a parameter of this name that takes the id; runs are found by it.
    case marker(parameter: String)
    /// Runs can't be recognised: requests are served at least once, and their replies say so.
    case none
}

/// A run that is looked for by its marker.
package struct MarkedRun: Sendable, Hashable {
    /// Which parameter marks it.
    package var parameter: String
    /// That parameter's value.
    package var value: String
    /// Until when a createRun call may have started it; nil where none was made, so far as is known.
    package var calledUntil: Date?

    /// Describes a run.
    package init(parameter: String, value: String, calledUntil: Date? = nil) {
        self.parameter = parameter
        self.value = value
        self.calledUntil = calledUntil
    }
}

/// What looking for a run by its marker came to.
package enum MarkerSearch: Sendable, Hashable {
    /// It is there.
    case found(ExistingRun)
    /// Every run that could be it was looked at, and none is.
    case absent
    /// There were more runs than may be looked at.
    case incomplete
    /// It is not among the runs that are shown, and those do not reach up to the call that may have started it.
    case unsettled
}
