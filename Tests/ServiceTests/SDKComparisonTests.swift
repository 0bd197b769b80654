import Foundation
import TestSupport
import Testing

/// What our client sends, beside what Microsoft's SDK sends for the same call. Both are captured by the real emulator.
@Suite("The requests of our client beside those of Microsoft's SDK", .timeLimit(.minutes(5)))
struct SDKComparisonTests {
    @Test(
        "each difference is listed with its reason, and each listed one is there",
        arguments: SDKComparison.Call.allCases
    )
    func differences(_ call: SDKComparison.Call) async throws {
        let sdk = try await SDKRun.shared.seen(SDKComparison.prefix + call.rawValue)
        let found = try SDKComparison.differences(
            sdk: SentRequest.list(Data(sdk.utf8)),
            ours: await SDKComparison.captureOurs(call),
            route: call.route
        )
        let listed = Set(SDKComparison.known.filter { $0.calls.contains(call) }.map(\.difference))

        let withoutReason = found.subtracting(listed)
        let noMore = listed.subtracting(found)
        #expect(withoutReason.isEmpty)
        #expect(noMore.isEmpty)
    }

    @Test("every recorded call of the script is compared")
    func complete() async throws {
        let recorded = try await SDKRun.shared.cases().keys.filter { $0.hasPrefix(SDKComparison.prefix) }

        #expect(Set(recorded) == Set(SDKComparison.Call.allCases.map { SDKComparison.prefix + $0.rawValue }))
    }

    @Test("no difference is listed twice for one call")
    func unambiguous() {
        for call in SDKComparison.Call.allCases {
            let listed = SDKComparison.known.filter { $0.calls.contains(call) }.map(\.difference)
            #expect(Set(listed).count == listed.count)
        }
    }
}
