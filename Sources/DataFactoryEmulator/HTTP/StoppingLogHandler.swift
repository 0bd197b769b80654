package import Logging

/// Leaves out what a cancelled task logs: when the emulator is stopped, the server reports the end of each of its
/// tasks as an error.
package struct StoppingLogHandler: LogHandler {
    private var inner: any LogHandler

    /// Passes everything else on to another handler.
    package init(_ inner: any LogHandler) {
        self.inner = inner
    }

    /// Passes an event on unless the task that logs it is cancelled.
    package func log(event: LogEvent) {
        if !Task.isCancelled { inner.log(event: event) }
    }

    /// The other handler's.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { inner[metadataKey: key] }
        set { inner[metadataKey: key] = newValue }
    }

    /// The other handler's.
    package var metadata: Logger.Metadata {
        get { inner.metadata }
        set { inner.metadata = newValue }
    }

    /// The other handler's.
    package var metadataProvider: Logger.MetadataProvider? {
        get { inner.metadataProvider }
        set { inner.metadataProvider = newValue }
    }

    /// The other handler's.
    package var logLevel: Logger.Level {
        get { inner.logLevel }
        set { inner.logLevel = newValue }
    }
}
