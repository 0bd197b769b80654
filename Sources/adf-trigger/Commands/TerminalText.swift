extension String {
    /// On one line, and without what moves a terminal's cursor.
    var withoutControls: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.properties.isControl ? " " : $0 }))
    }

    /// JSON text that means the same and moves no terminal's cursor. Encoders escape ASCII's controls alone, and a terminal
    /// may take U+009B for the begin of a sequence.
    var withControlsEscaped: String {
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if scalar.value < 0x7F || !scalar.properties.isControl {
                text.append(scalar)
            } else {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    text += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".unicodeScalars
                }
            }
        }
        return String(text)
    }
}

extension Unicode.Scalar.Properties {
    fileprivate var isControl: Bool {
        switch generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
