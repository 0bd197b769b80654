import Testing

@testable import TriggerWorker

@Suite("Who may start what")
struct PublisherRulesTests {
    private static func allows(_ rules: PublisherRules, _ publisher: String?, _ target: Target = .sample()) -> Bool {
        do {
            try rules.check(publisher, for: target)
            return true
        } catch {
            #expect(error.errorClass == .forbidden)
            return false
        }
    }

    @Test("without a rule everybody may start everything", arguments: [nil, "", "alice"])
    func noRule(publisher: String?) {
        #expect(Self.allows(PublisherRules(), publisher))
        #expect(!PublisherRules().isRestrictive)
    }

    @Test("a rule of a pipeline is about it alone, however its name is spelled, and the others follow the general rule")
    func ofTarget() {
        var rules = PublisherRules()
        let isTaken = rules.set(.init(["alice", "carol"]), for: .sample())

        #expect(isTaken)
        #expect(rules.isRestrictive)
        #expect(Self.allows(rules, "alice") && Self.allows(rules, "carol"))
        #expect(!Self.allows(rules, "bob") && !Self.allows(rules, nil) && !Self.allows(rules, ""))
        #expect(!Self.allows(rules, "bob", .sample(factory: "ADF-PROD", pipeline: "NIGHTLY LOAD")))
        #expect(Self.allows(rules, nil, .sample(pipeline: "other")))
        rules.others = .init(["bob"])
        #expect(Self.allows(rules, "bob", .sample(pipeline: "other")))
        #expect(!Self.allows(rules, "alice", .sample(pipeline: "other")))
        #expect(!Self.allows(rules, "bob"))
    }

    @Test("a star opens a pipeline for everybody, who published it or not")
    func star() {
        var rules = PublisherRules()
        rules.others = .init(["alice"])
        let isTaken = rules.set(.init(["*"]), for: .sample())

        #expect(isTaken)
        #expect(Self.allows(rules, nil) && Self.allows(rules, "bob"))
        #expect(!Self.allows(rules, nil, .sample(pipeline: "other")))
    }

    @Test("users whose names only look alike are two", arguments: ["Alice", "alice ", "\u{E9}", "*"])
    func similarNames(name: String) {
        var rules = PublisherRules()
        rules.others = .init(["alice", "e\u{301}"])

        #expect(!Self.allows(rules, name))
    }

    @Test("a pipeline has one rule, and the first stays")
    func twoRules() {
        var rules = PublisherRules()
        let first = rules.set(.init(["alice"]), for: .sample())
        let again = rules.set(.init(["alice"]), for: .sample(factory: "ADF-prod"))
        let other = rules.set(.anyone, for: .sample(pipeline: "Nightly Load"))

        #expect(first && again && !other)
        #expect(!Self.allows(rules, "bob"))
    }

    @Test("the refusal says who, what, and how to mend it")
    func message() throws {
        var rules = PublisherRules()
        rules.others = .init(["alice"])
        func message(_ publisher: String?) throws -> String {
            try #require(throws: RequestError.self) { try rules.check(publisher, for: .sample()) }.message
        }

        #expect(try message("bob").contains("user \"bob\" may not start /subscriptions/"))
        #expect(try message("bob").contains("policy.publishers"))
        #expect(try message(nil).contains("set the property user-id"))
    }
}
