/// One `-----BEGIN …-----` block of a PEM file (RFC 7468). What stands between the blocks is explanation and is skipped.
struct PEMBlock {
    /// What the block says it holds, such as `CERTIFICATE`.
    let label: String

    /// The lines between the marks.
    let lines: [Substring]

    /// Every complete block, in the file's order.
    static func all(in text: String) -> [PEMBlock] {
        var blocks: [PEMBlock] = []
        var open: (label: Substring, lines: [Substring])?
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.trimmedOfBlanks
            if let label = line.label(after: "-----BEGIN ") {
                open = (label, [])
            } else if let label = line.label(after: "-----END ") {
                if let open, open.label == label {
                    blocks.append(PEMBlock(label: String(label), lines: open.lines))
                }
                open = nil
            } else {
                open?.lines.append(line)
            }
        }
        return blocks
    }

    /// The block as a file of its own.
    var text: String {
        // A blank line divides the headers of an old encrypted key from its contents, and `all(in:)` lost it.
        let headers = lines.prefix { $0.contains(":") }
        let contents = lines.dropFirst(headers.count)
        let middle = headers.isEmpty ? Array(contents) : headers + [""] + contents
        return (["-----BEGIN \(label)-----"] + middle + ["-----END \(label)-----", ""]).joined(separator: "\n")
    }

    /// Whether it is a private key that takes a password to be read.
    var isEncrypted: Bool {
        label == "ENCRYPTED PRIVATE KEY" || lines.contains { $0.hasPrefix("Proc-Type:") && $0.contains("ENCRYPTED") }
    }
}

extension Substring {
    fileprivate var trimmedOfBlanks: Substring {
        var text = drop { $0 == " " || $0 == "\t" || $0 == "\u{FEFF}" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }

    fileprivate func label(after mark: String) -> Substring? {
        guard hasPrefix(mark), hasSuffix("-----"), count >= mark.count + 5 else { return nil }
        return dropFirst(mark.count).dropLast(5)
    }
}
