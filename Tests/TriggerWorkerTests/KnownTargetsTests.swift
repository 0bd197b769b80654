import Testing

@testable import TriggerWorker

@Suite("The targets that requests name")
struct KnownTargetsTests {
    private let targets = KnownTargets()

    private static func parts(_ pipeline: String, factory: String? = "f") -> RequestedTarget {
        .parts(subscriptionID: "s", resourceGroup: "g", factory: factory, pipeline: pipeline)
    }

    /// The pipeline and how often it had to be made out.
    private func resolve(_ requested: RequestedTarget, _ count: inout Int) throws -> Target {
        var made = 0
        let target = try targets.target(of: requested) { requested throws(RequestError) in
            made += 1
            guard case .parts(_, _, _, let pipeline) = requested, let pipeline else {
                throw RequestError(.invalid, code: "Test", "no pipeline")
            }
            return Target(subscriptionID: "s", resourceGroup: "g", factory: "f", pipeline: pipeline)
        }
        count += made
        return target
    }

    @Test("one that is named again is the same, also after others")
    func same() throws {
        var count = 0
        let first = try resolve(Self.parts("a"), &count)
        _ = try resolve(Self.parts("b"), &count)
        let again = try resolve(Self.parts("a"), &count)

        #expect(first.instance == again.instance)
        #expect(count == 2)
    }

    @Test("two spellings of one character name two pipelines", arguments: [false, true])
    func spellings(interrupted: Bool) throws {
        var count = 0
        _ = try resolve(Self.parts("\u{E9}"), &count)
        if interrupted { _ = try resolve(Self.parts("b"), &count) }
        let other = try resolve(Self.parts("e\u{301}"), &count)

        #expect(Array(other.pipeline.utf8) == Array("e\u{301}".utf8))
        if interrupted { _ = try resolve(Self.parts("b"), &count) }
        #expect(Array(try resolve(Self.parts("\u{E9}"), &count).pipeline.utf8) == Array("\u{E9}".utf8))
    }

    @Test("what a request leaves out is not what another names")
    func absent() throws {
        var count = 0
        _ = try resolve(Self.parts("a", factory: nil), &count)
        _ = try resolve(Self.parts("a", factory: "f"), &count)

        #expect(count == 2)
    }

    @Test("a refusal is thrown each time")
    func refusal() {
        for _ in 1...2 {
            #expect(throws: RequestError.self) {
                try targets.target(of: .alias("x")) { _ throws(RequestError) in
                    throw RequestError(.unknownTarget, code: "Test", "unknown")
                }
            }
        }
    }

    /// `String ==` takes the square of such a text's length: 20 s for this one.
    @Test("a name beyond all limits is neither looked up nor kept", .timeLimit(.minutes(1)))
    func long() throws {
        let name = "e" + String(repeating: "\u{301}", count: 256 << 10)
        var count = 0
        let clock = ContinuousClock()
        let time = try clock.measure {
            for _ in 1...2 { _ = try resolve(Self.parts(name), &count) }
        }

        #expect(count == 2)
        #expect(time < .seconds(10))
    }

    @Test("however many are named, each is made out by its own name")
    func many() throws {
        var count = 0
        for round in 1...2 {
            for number in 1...1500 {
                #expect(try resolve(Self.parts("\(number)"), &count).pipeline == "\(number)", "round \(round)")
            }
        }
    }
}
