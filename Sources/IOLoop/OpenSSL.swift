internal import CIOLoop

/// The TLS library that librabbitmq and libcurl share.
package enum OpenSSL {
    /// Has OpenSSL leave its memory as it is when the process ends.
    ///
    /// It would clean up in `exit`, while our threads are still ending, and every one that has used it frees what is its
    /// own there: "double free", and a process that had done its work ends by SIGABRT (seen once in 60 stops). It takes
    /// no such word once it is in use, so this comes before. Every ``IOThread`` asks for it; who uses OpenSSL without one
    /// has to.
    package static func outlivesThreads() { _ = once }

    private static let once: Void = cioloop_keep_openssl()
}
