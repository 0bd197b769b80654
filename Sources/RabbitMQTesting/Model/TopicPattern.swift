/// A topic binding's key: words between dots, where `*` is any one word and `#` any number of them.
struct TopicPattern {
    private let words: [Substring]

    init(_ pattern: String) {
        words = Self.split(pattern)
    }

    func matches(_ routingKey: String) -> Bool {
        // The places in the pattern that the words so far can lead to: linear in both, whatever the pattern.
        var places = reachable(from: [0])
        for word in Self.split(routingKey) {
            var next: Set<Int> = []
            for place in places where place < words.count {
                if words[place] == "#" { next.insert(place) }
                if words[place] == "*" || words[place] == word { next.insert(place + 1) }
            }
            places = reachable(from: next)
        }
        return places.contains(words.count)
    }

    /// With every `#` passed over, too.
    private func reachable(from places: Set<Int>) -> Set<Int> {
        var reachable = places
        for start in places {
            var place = start
            while place < words.count, words[place] == "#" {
                place += 1
                reachable.insert(place)
            }
        }
        return reachable
    }

    /// An empty key has no words, and two dots have an empty one between them.
    private static func split(_ key: String) -> [Substring] {
        key.isEmpty ? [] : key.split(separator: ".", omittingEmptySubsequences: false)
    }
}
