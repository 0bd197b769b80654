/// Whose copies of other publishers' messages are believed to say who published them first.
///
/// The broker checks `user-id`: it is the login of whoever publishes the message, or absent. A copy can't keep its
/// original's, so it has its copier's, and the publisher's in the header ``header``. Anybody can write that one; it counts
/// beside the user-id of somebody trusted, and nowhere else. What had no user-id is copied without.
package struct CopyTrust: Sendable, Hashable {
    /// The header that keeps a publisher's user-id.
    package static let header = "origin-user-id"

    /// The name the broker knows our own login by.
    package let user: String
    // As bytes: the broker takes other spellings of one character for other users.
    private let others: Set<[UInt8]>

    /// - Parameter others: Who else copies requests: operators, and workers that log in as somebody else.
    package init(user: String, others: [String] = []) {
        self.user = user
        self.others = Set(others.map { Array($0.utf8) })
    }

    /// Who published a message first; nil where nobody vouches for it.
    ///
    /// That is also so where the header stands beside anybody else's user-id. It may be a copy whose copier should have
    /// been trusted, and who published that must not be guessed.
    package func publisher(of properties: MessageProperties) -> String? {
        guard let user = properties.userID, !user.isEmpty else { return nil }
        guard let origin = properties.headers?[Self.header] else { return user }
        guard isTrusted(user), let publisher = origin.text, !publisher.isEmpty else { return nil }
        return publisher
    }

    /// Whether those who believed a copy will believe our copy of it.
    package func isBelieved(copying properties: MessageProperties) -> Bool {
        guard let copier = properties.userID, isTrusted(copier) else { return true }
        return isOurs(copier) || others.contains(Array(user.utf8))
    }

    private func isTrusted(_ name: String) -> Bool {
        isOurs(name) || others.contains(Array(name.utf8))
    }

    private func isOurs(_ name: String) -> Bool {
        name.utf8.elementsEqual(user.utf8)
    }
}
