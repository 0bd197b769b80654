import Foundation
import TestSupport
import Testing

/// `azure-mgmt-datafactory` and `azure-identity` as they come from PyPI, against the real emulator over TLS.
@Suite("Microsoft's SDK for Python against the emulator", .timeLimit(.minutes(5)))
struct SDKTests {
    @Test("the SDK sees what it would see of Azure", arguments: SDKCase.all)
    func seen(_ expected: SDKCase) async throws {
        let seen = try await SDKRun.shared.seen(expected.name)

        let wanted = try expected.seenText
        #expect(seen == wanted)
    }

    @Test("every case of the script is looked at")
    func complete() async throws {
        let reported = try await SDKRun.shared.cases().keys.filter { !$0.hasPrefix(SDKComparison.prefix) }

        #expect(Set(reported) == Set(SDKCase.all.map(\.name)))
    }
}
