/// An AMQP field table: named values in the order they were written.
///
/// Order and repeated keys are kept as they came, so a table that is read and sent again stays the same.
public struct FieldTable: Sendable, Hashable {
    /// How deep tables and arrays may nest before the rest is cut off: 32 levels.
    ///
    /// RabbitMQ's own deepest table, x-death, has three. librabbitmq 0.11 decodes without any limit
    /// (limited upstream in 0.14), so the I/O thread has a large stack and this is our own end of it.
    public static let maximumDepth = 32

    /// One named value.
    public struct Entry: Sendable, Hashable {
        /// The name, at most 255 bytes of UTF-8.
        public var key: String
        /// The value.
        public var value: FieldValue

        /// Pairs a name with its value.
        public init(_ key: String, _ value: FieldValue) {
            self.key = key
            self.value = value
        }
    }

    /// The entries, in wire order.
    public var entries: [Entry]

    /// Makes a table of these entries.
    public init(_ entries: [Entry] = []) {
        self.entries = entries
    }

    /// Whether there is nothing in it.
    public var isEmpty: Bool { entries.isEmpty }

    /// The value of the first entry with this key; setting replaces it where it stands, or appends.
    public subscript(key: String) -> FieldValue? {
        get { entries.first { $0.key == key }?.value }
        set {
            let index = entries.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let index?, let value?): entries[index].value = value
            case (let index?, nil): entries.remove(at: index)
            case (nil, let value?): entries.append(Entry(key, value))
            case (nil, nil): break
            }
        }
    }
}

extension FieldTable: ExpressibleByDictionaryLiteral {
    /// Writes a table as a dictionary literal; order is kept.
    public init(dictionaryLiteral elements: (String, FieldValue)...) {
        self.init(elements.map { Entry($0.0, $0.1) })
    }
}
