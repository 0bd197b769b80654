import Testing

@testable import RabbitMQTesting

@Suite("Topic patterns")
struct TopicPatternTests {
    @Test(
        "one word for a star, any number for a hash",
        arguments: [
            ("a.b", "a.b", true), ("a.b", "a.c", false), ("a.*", "a.b", true), ("a.*", "a", false),
            ("a.*", "a.b.c", false), ("a.#", "a", true), ("a.#", "a.b.c", true), ("#", "", true), ("*", "", false),
            ("#.c", "a.b.c", true), ("#.c", "c", true), ("#.b.#", "a.b.c", true), ("#.b.#", "a.c", false),
            ("*.#.z", "z", false), ("*.#.z", "a.z", true), ("", "", true), ("", "a", false), ("a..b", "a..b", true),
            ("a.*.b", "a..b", true), ("#.#", "a", true),
        ]
    )
    func matches(pattern: String, routingKey: String, isMatch: Bool) {
        #expect(TopicPattern(pattern).matches(routingKey) == isMatch)
    }
}
