import DataFactory
import Testing

@Suite("Pipeline references")
struct PipelineReferenceTests {
    private func reference(
        subscription: String = Sample.subscription,
        group: String = "rg",
        factory: String = "adf",
        pipeline: String = "p"
    ) throws(ResourceNameError) -> PipelineReference {
        try PipelineReference(subscriptionID: subscription, resourceGroup: group, factory: factory, pipeline: pipeline)
    }

    private func refusal(_ make: () throws(ResourceNameError) -> PipelineReference) -> ResourceNameError? {
        do {
            _ = try make()
            return nil
        } catch {
            return error
        }
    }

    @Test("the path is ARM's, with the names as given")
    func path() throws {
        let reference = try reference(group: "My.Group_(1)", factory: "Factory-1", pipeline: "p")

        #expect(
            reference.resourcePath
                == "/subscriptions/\(Sample.subscription)/resourceGroups/My.Group_%281%29"
                + "/providers/Microsoft.DataFactory/factories/Factory-1/pipelines/p"
        )
        #expect(reference.factoryReference.resourcePath + "/pipelines/p" == reference.resourcePath)
        #expect(reference.subscriptionID == Sample.subscription)
        #expect(reference.resourceGroup == "My.Group_(1)")
        #expect(reference.factory == "Factory-1")
        #expect(reference.pipeline == "p")
    }

    @Test(
        "pipeline names are encoded, every reserved character too",
        arguments: [
            ("nightly load", "nightly%20load"),
            ("a[1]{2}", "a%5B1%5D%7B2%7D"),
            ("a;b=c,d@e!f$g'h(i)", "a%3Bb%3Dc%2Cd%40e%21f%24g%27h%28i%29"),
            ("a|b^c~d`e\"f", "a%7Cb%5Ec~d%60e%22f"),
            ("täglich", "t%C3%A4glich"),
            ("p日本", "p%E6%97%A5%E6%9C%AC"),
            ("_x-y", "_x-y"),
            ("0", "0"),
        ]
    )
    func encoding(name: String, segment: String) throws {
        #expect(try reference(pipeline: name).resourcePath.hasSuffix("/pipelines/\(segment)"))
    }

    @Test(
        "pipeline names that break the rule are refused, and the error says how",
        arguments: [
            ("", "is empty"), (".", "is \".\""), ("..", "is \"..\""), ("a/b", "contains \"/\""),
            ("../x", "contains \".\""), ("a.b", "contains \".\""), ("a?b", "contains \"?\""),
            ("a#b", "contains \"#\""), ("a%2Fb", "contains \"%\""), ("a&b", "contains \"&\""),
            ("a:b", "contains \":\""), ("a\\b", "contains \"\\\""), ("a+b", "contains \"+\""),
            ("a*b", "contains \"*\""), ("a<b", "contains \"<\""), ("a>b", "contains \">\""),
            ("a\nb", "contains the control character U+000A"), ("a\0", "contains the control character U+0000"),
            ("a\u{85}", "contains the control character U+0085"),
            ("a\u{2028}", "contains the control character U+2028"),
            (" a", "begins with"), ("-a", "begins with"), ("ä", "begins with"),
            (String(repeating: "x", count: 261), "is too long (261 characters)"),
            ("x" + String(repeating: "ä", count: 260), "is too long (261 characters)"),
        ]
    )
    func badPipelines(name: String, problem: String) throws {
        let error = try #require(refusal { () throws(ResourceNameError) in try reference(pipeline: name) })

        #expect(error.name == .pipeline)
        #expect(error.problem.hasPrefix(problem))
        #expect(error.description.hasPrefix("pipeline "))
        #expect(error.description.contains("260"))
        #expect(!error.description.contains { $0.isNewline })
    }

    @Test("names of full length pass")
    func fullLength() throws {
        _ = try reference(
            group: String(repeating: "g", count: 90),
            factory: String(repeating: "f", count: 63),
            pipeline: "x" + String(repeating: "ä", count: 259)
        )
    }

    @Test(
        "resource groups",
        arguments: [
            ("a", true), ("-_.()x", true), ("Größe", true), ("資源", true), ("e\u{301}", true), (".a", true),
            ("..a", true), ("", false), (".", false), ("..", false), ("a.", false), ("a b", false), ("a/b", false),
            ("a\\b", false), ("a%b", false), ("a\tb", false), ("a+b", false), ("🦆", false),
            (String(repeating: "g", count: 91), false),
        ]
    )
    func resourceGroups(name: String, isValid: Bool) {
        let error = refusal { () throws(ResourceNameError) in try reference(group: name) }

        #expect((error == nil) == isValid)
        if let error { #expect(error.name == .resourceGroup) }
    }

    @Test(
        "factories",
        arguments: [
            ("abc", true), ("a-b", true), ("A1-b2-C3", true), ("123", true), ("ab", false), ("", false), ("..", false),
            ("-ab", false), ("ab-", false), ("a--b", false), ("a_b", false), ("a.b", false), ("äbc", false),
            ("a b", false), ("a/b", false), ("ab\n", false), (String(repeating: "f", count: 64), false),
        ]
    )
    func factories(name: String, isValid: Bool) {
        let error = refusal { () throws(ResourceNameError) in try reference(factory: name) }

        #expect((error == nil) == isValid)
        if let error { #expect(error.name == .factory) }
    }

    @Test(
        "subscriptions",
        arguments: [
            (Sample.subscription, true), (Sample.subscription.uppercased(), true), ("", false), ("..", false),
            ("0123456789ab-cdef-0123-456789abcdef0", false), ("g1234567-89ab-cdef-0123-456789abcdef", false),
            ("{01234567-89ab-cdef-0123-456789abcdef}", false), ("01234567-89ab-cdef-0123-456789abcde/", false),
        ]
    )
    func subscriptions(name: String, isValid: Bool) {
        let error = refusal { () throws(ResourceNameError) in try reference(subscription: name) }

        #expect((error == nil) == isValid)
        if let error { #expect(error.name == .subscriptionID) }
    }
}
