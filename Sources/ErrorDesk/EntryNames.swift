/// Gives each entry of the error queue a name that no other has.
///
/// The name is the request's, by default its message id; the second entry of one name has `#2` behind it, and so on in
/// the order of the queue, so that the same queue always has the same names.
package struct EntryNames: Sendable {
    private var taken: Set<String> = []
    /// The last number given to each name that came more than once.
    private var numbers: [String: Int] = [:]
    /// How many entries of each kind there were, by the hash of what they are: the whole would be large.
    private var alike: [Int: Int] = [:]

    /// Nothing is named yet.
    package init() {}

    /// The next entry's name.
    package mutating func name(for request: String) -> String {
        if taken.insert(request).inserted { return request }
        var number = numbers[request] ?? 1
        // A publisher may have chosen "x#2" for a request of its own.
        repeat { number += 1 } while !taken.insert("\(request)#\(number)").inserted
        numbers[request] = number
        return "\(request)#\(number)"
    }

    /// How many entries like this one came before.
    mutating func twinNumber(of entry: ErrorEntry) -> Int {
        let hash = entry.kind.hashValue
        defer { alike[hash, default: 0] += 1 }
        return alike[hash] ?? 0
    }
}
