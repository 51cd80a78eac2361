/// Turns a regular expression of ECMA-262 into one that means the same to PCRE2.
///
/// What only PCRE2 knows, such as possessive quantifiers, verbs and `\Z`, is refused.
struct PatternTranslation {
    private let input: [Unicode.Scalar]
    private var cursor = 0
    private var output = String.UnicodeScalarView()
    private var isInClass = false
    /// Whether the last thing was a quantifier, which only `?` may follow.
    private var isQuantified = false

    /// The expression for PCRE2.
    ///
    /// - Throws: ``PatternError``.
    static func translate(_ text: String) throws(PatternError) -> String {
        var translation = PatternTranslation(input: Array(text.unicodeScalars))
        try translation.run()
        return String(translation.output)
    }

    private init(input: [Unicode.Scalar]) {
        self.input = input
    }

    private var next: Unicode.Scalar? { cursor < input.count ? input[cursor] : nil }

    private func peek(_ distance: Int) -> Unicode.Scalar? {
        cursor + distance < input.count ? input[cursor + distance] : nil
    }

    private mutating func run() throws(PatternError) {
        while let scalar = next {
            let wasQuantified = isQuantified
            isQuantified = false
            cursor += 1
            switch scalar {
            case "\\": try escape()
            case "[" where isInClass: emit(#"\["#)
            case "[":
                isInClass = true
                emit("[")
                if next == "^" {
                    emit("^")
                    cursor += 1
                }
            case "]" where isInClass:
                isInClass = false
                emit("]")
            case _ where isInClass: output.append(scalar)
            case "(": try group()
            case ".": emit(#"[^\n\r\x{2028}\x{2029}]"#)
            case "*", "+", "?":
                if wasQuantified {
                    guard scalar == "?" else { throw PatternError(message: "nothing to repeat") }
                } else {
                    isQuantified = true
                }
                output.append(scalar)
            case "{": quantifier(wasQuantified)
            case _: output.append(scalar)
            }
        }
        guard !isInClass else { throw PatternError(message: "a character class has no end") }
    }

    private mutating func emit(_ text: String) { output.append(contentsOf: text.unicodeScalars) }

    /// A count in braces; anything else in braces is literal.
    private mutating func quantifier(_ wasQuantified: Bool) {
        var end = cursor
        while end < input.count, ("0"..."9").contains(input[end]) || input[end] == "," { end += 1 }
        let inner = input[cursor..<end]
        let isCount = end < input.count && input[end] == "}" && inner.first.map { ("0"..."9").contains($0) } == true
        guard isCount, inner.count(where: { $0 == "," }) <= 1, !wasQuantified else { return emit(#"\{"#) }
        emit("{")
        output.append(contentsOf: inner)
        emit("}")
        cursor = end + 1
        isQuantified = true
    }

    private mutating func group() throws(PatternError) {
        emit("(")
        if next == "*" { throw PatternError(message: "nothing to repeat") }
        guard next == "?" else { return }
        switch (peek(1), peek(2)) {
        case (":", _), ("=", _), ("!", _), ("<", _): break
        default: throw PatternError(message: "an unknown kind of group")
        }
    }

    // MARK: Escapes

    private static let spaces =
        #"\s\x{a0}\x{feff}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"#

    private mutating func escape() throws(PatternError) {
        guard let scalar = next else { throw PatternError(message: "the expression ends with a backslash") }
        cursor += 1
        switch scalar {
        case "s": emit(isInClass ? Self.spaces : "[\(Self.spaces)]")
        case "S": emit(isInClass ? #"\S"# : "[^\(Self.spaces)]")
        case "p", "P": try property(scalar)
        case "u": try unicode()
        case "0": emit(#"\x00"#)
        case "x":
            guard let value = number(digits: 2) else { throw PatternError(message: #"\x needs two digits"#) }
            emit(value)
        case "c":
            guard let letter = next, ("a"..."z").contains(letter) || ("A"..."Z").contains(letter) else {
                throw PatternError(message: #"\c needs a letter"#)
            }
            cursor += 1
            emit(letter.value & 0x1F)
        case "v": emit(0x0B)
        case "d", "D", "w", "W", "b", "B", "f", "n", "r", "t", "1"..."9":
            output.append("\\")
            output.append(scalar)
        case "k":
            guard next == "<" else { throw PatternError(message: #"\k needs a name"#) }
            emit(#"\k"#)
        case "a"..."z", "A"..."Z":
            throw PatternError(message: "no such escape: \\\(scalar)")
        case _ where scalar.isASCII:
            output.append("\\")
            output.append(scalar)
        case _: output.append(scalar)
        }
    }

    private mutating func emit(_ value: UInt32) { emit("\\x{" + String(value, radix: 16) + "}") }

    private mutating func number(digits: Int) -> UInt32? {
        guard cursor + digits <= input.count else { return nil }
        let text = String(String.UnicodeScalarView(input[cursor..<(cursor + digits)]))
        guard text.utf8.allSatisfy({ isHexadecimal($0) }), let value = UInt32(text, radix: 16) else { return nil }
        cursor += digits
        return value
    }

    private func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }

    private mutating func unicode() throws(PatternError) {
        let malformed = PatternError(message: #"\u needs four digits, or a code point in braces"#)
        if next == "{" {
            guard let end = input[cursor...].firstIndex(of: "}") else { throw malformed }
            let text = String(String.UnicodeScalarView(input[(cursor + 1)..<end]))
            guard let value = UInt32(text, radix: 16), Unicode.Scalar(value) != nil else { throw malformed }
            cursor = end + 1
            return emit(value)
        }
        guard let unit = number(digits: 4) else { throw malformed }
        guard (0xD800...0xDFFF).contains(unit) else { return emit(unit) }
        // Two halves of a pair are one character.
        guard unit < 0xDC00, next == "\\", peek(1) == "u" else { throw malformed }
        cursor += 2
        guard let low = number(digits: 4), (0xDC00...0xDFFF).contains(low) else { throw malformed }
        emit(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    }

    private mutating func property(_ letter: Unicode.Scalar) throws(PatternError) {
        guard next == "{", let end = input[cursor...].firstIndex(of: "}") else {
            throw PatternError(message: "\\\(letter) needs a property in braces")
        }
        var name = String(String.UnicodeScalarView(input[(cursor + 1)..<end]))
        cursor = end + 1
        for prefix in ["General_Category=", "gc="] where name.hasPrefix(prefix) {
            name = String(name.dropFirst(prefix.count))
        }
        for prefix in ["Script=", "sc="] where name.hasPrefix(prefix) {
            name = "sc:" + name.dropFirst(prefix.count)
        }
        for prefix in ["Script_Extensions=", "scx="] where name.hasPrefix(prefix) {
            name = "scx:" + name.dropFirst(prefix.count)
        }
        emit("\\\(letter){\(Self.categories[name] ?? name)}")
    }

    /// The long names of general categories (UAX #44), which PCRE2 knows by their short ones.
    private static let categories: [String: String] = [
        "Letter": "L", "Cased_Letter": "L&", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll",
        "Titlecase_Letter": "Lt", "Modifier_Letter": "Lm", "Other_Letter": "Lo", "Mark": "M", "Combining_Mark": "M",
        "Nonspacing_Mark": "Mn", "Spacing_Mark": "Mc", "Enclosing_Mark": "Me", "Number": "N", "Decimal_Number": "Nd",
        "digit": "Nd", "Letter_Number": "Nl", "Other_Number": "No", "Punctuation": "P", "punct": "P",
        "Connector_Punctuation": "Pc", "Dash_Punctuation": "Pd", "Open_Punctuation": "Ps", "Close_Punctuation": "Pe",
        "Initial_Punctuation": "Pi", "Final_Punctuation": "Pf", "Other_Punctuation": "Po", "Symbol": "S",
        "Math_Symbol": "Sm", "Currency_Symbol": "Sc", "Modifier_Symbol": "Sk", "Other_Symbol": "So", "Separator": "Z",
        "Space_Separator": "Zs", "Line_Separator": "Zl", "Paragraph_Separator": "Zp", "Other": "C", "Control": "Cc",
        "cntrl": "Cc", "Format": "Cf", "Surrogate": "Cs", "Private_Use": "Co", "Unassigned": "Cn",
    ]
}
