internal import CCurl
internal import IOLoop

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Certificates in the form that OpenSSL shares between connections.
///
/// SAFETY: changed by ``add(_:)`` alone, while its maker is the only one who has it; what OpenSSL does with it later it
/// guards itself.
final class CertificateStore: @unchecked Sendable {
    private let store: OpaquePointer?

    init() {
        OpenSSL.outlivesThreads()
        store = X509_STORE_new()
        // A certificate that was named is trusted, also where another one vouches for it.
        X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST))
    }

    deinit {
        X509_STORE_free(store)
    }

    /// False unless the text holds certificates, and all of them can be read.
    func add(_ text: Data) -> Bool {
        text.withUnsafeBytes { ccurl_store_add(store, $0.baseAddress, Int32(clamping: $0.count)) > 0 }
    }

    /// Trusts them, and nobody else, in what the handle does from now on; it must not outlive them.
    func trust(by easy: UnsafeMutableRawPointer) {
        ccurl_set_trust(easy, store)
    }
}
