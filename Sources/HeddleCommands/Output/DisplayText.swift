/// Text from strangers, made fit for a terminal.
///
/// Descriptions and logs come from extensions; escape sequences or marks that reorder text could hide what is really
/// shown, such as the command a person is asked to agree to.
package enum DisplayText {
    /// One line: what does not print is written out.
    package static func line(_ text: String) -> String { safe(text, keepsLines: false) }

    /// Several lines: line breaks and tabs stay.
    package static func lines(_ text: String) -> String { safe(text, keepsLines: true) }

    /// One line on which every run of white space is a single space.
    package static func cell(_ text: String) -> String {
        line(text.split(whereSeparator: \.isWhitespace).joined(separator: " "))
    }

    /// A command as it could be typed into a shell.
    package static func command(_ words: [String]) -> String {
        words.map(quoted).joined(separator: " ")
    }

    /// The same JSON, in which what does not print is escaped.
    package static func json(_ text: String) -> String {
        // What is hidden can only be inside of strings there.
        guard text.unicodeScalars.contains(where: { isHidden($0) }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            guard isHidden(scalar) else {
                result.unicodeScalars.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result
    }

    private static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "-_./=:@%+,".utf8.contains(byte)
            }
        }
        guard word.isEmpty || !isPlain else { return word }
        let inner = word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#)
        return line("'\(inner)'")
    }

    private static func safe(_ text: String, keepsLines: Bool) -> String {
        guard text.unicodeScalars.contains(where: { isHidden($0) }) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if keepsLines, scalar == "\n" || scalar == "\t" || scalar == "\r" {
                // A lone return would let later text overwrite earlier text.
                if scalar != "\r" { result.append(scalar) }
            } else if isHidden(scalar) {
                result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
        switch scalar.value {
        case 0x80...0x9F, 0x200B, 0x200E, 0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xE0000...0xE007F:
            return true
        default:
            return false
        }
    }

    /// Columns that a text takes on a terminal.
    package static func width(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.reduce(0) { $0 + width($1) }
    }

    /// A text cut to a number of columns, with `...` where something is missing.
    package static func truncated(_ text: String, to columns: Int) -> String {
        guard width(text) > columns else { return text }
        var result = ""
        var used = 3
        for character in text {
            used += width(character)
            guard used <= columns else { break }
            result.append(character)
        }
        while result.last == " " { result.removeLast() }
        return result + "..."
    }

    private static func width(_ character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            return 2
        default:
            return 1
        }
    }
}
