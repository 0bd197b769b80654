/// Which publishers may start which pipelines.
///
/// A rule belongs to a pipeline and not to the alias it was configured with: it can be named by its ARM id too.
package struct PublisherRules: Sendable {
    /// Some publishers, by the names they log in to the broker with.
    package struct Group: Sendable, Hashable {
        /// Nil for everybody. Compared as bytes: the broker takes other spellings of one character for other users.
        private let names: Set<[UInt8]>?

        /// Everybody, also where nobody vouches for who it is.
        package static let anyone = Group(names: nil)

        /// Those named; a `*` among them stands for everybody.
        package init(_ names: [String]) {
            self.init(names: names.contains("*") ? nil : Set(names.map { Array($0.utf8) }))
        }

        private init(names: Set<[UInt8]>?) {
            self.names = names
        }

        func contains(_ publisher: String?) -> Bool {
            guard let names else { return true }
            return publisher.map { names.contains(Array($0.utf8)) } ?? false
        }
    }

    /// Who may start what has no rule of its own.
    package var others = Group.anyone
    // Each by the bytes of its key: `String` takes different spellings of one character for equal, and ARM does not.
    private var targets: [[UInt8]: Group] = [:]

    /// Lets everybody start everything.
    package init() {}

    /// Gives a pipeline a rule of its own.
    ///
    /// - Returns: false where it has another one already, which then stays.
    package mutating func set(_ group: Group, for target: Target) -> Bool {
        let key = target.key
        guard targets[key, default: group] == group else { return false }
        targets[key] = group
        return true
    }

    /// Whether it matters for anything who published a request.
    package var isRestrictive: Bool {
        others != .anyone || targets.values.contains { $0 != .anyone }
    }

    /// - Throws: ``RequestError`` of class `forbidden`, which says how to mend it.
    func check(_ publisher: String?, for target: Target) throws(RequestError) {
        let group = targets.isEmpty ? others : targets[target.key] ?? others
        guard !group.contains(publisher) else { return }
        let reason =
            publisher.map {
                "user \"\($0.truncated(toByteCount: 256))\" may not start \(target.resourceID); "
                    + "the operator can allow it by publishers of the target, or policy.publishers"
            }
            ?? "not everybody may start \(target.resourceID), and the broker vouches for no publisher here: "
            + "set the property user-id to the name you log in with, and no header origin-user-id"
        throw RequestError(.forbidden, code: "PublisherNotAllowed", reason)
    }
}
