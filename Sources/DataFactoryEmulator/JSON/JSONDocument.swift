/// A JSON text that was checked from end to end and kept byte for byte.
package struct JSONDocument: Sendable {
    /// The text as it came.
    package let bytes: [UInt8]
    /// The value the text consists of.
    package let root: JSONNode

    /// Checks a text, reading it once.
    /// - Throws: `JSONSyntaxError` if it is not one JSON value, names a member twice in one object, or nests
    ///   deeper than 128 levels.
    package init(_ bytes: [UInt8]) throws(JSONSyntaxError) {
        var parser = JSONParser(bytes)
        self.root = try parser.document()
        self.bytes = bytes
    }

    /// The bytes a value was written with, spaces inside it included.
    package func slice(of node: JSONNode) -> ArraySlice<UInt8> {
        bytes[node.range]
    }

    /// The characters a value was written with.
    package func text(of node: JSONNode) -> String {
        String(decoding: slice(of: node), as: UTF8.self)
    }
}
