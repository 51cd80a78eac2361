import HeddleTestSupport

/// A JSON value that can be written in many ways.
indirect enum JSONTree {
    case word(String)
    /// Digits without zeros at either end, none for zero, and the power of ten of the last one.
    case number(digits: [UInt8], exponent: Int, isNegative: Bool)
    case string([Unicode.Scalar])
    case array([JSONTree])
    case object([[Unicode.Scalar]: JSONTree])

    static func random(depth: Int, _ generator: inout SplitMix64) -> JSONTree {
        switch Int.random(in: 0..<(depth < 4 ? 8 : 5), using: &generator) {
        case 0: return .word(["null", "true", "false"].randomElement(using: &generator) ?? "null")
        case 1, 2: return number(&generator)
        case 3, 4: return .string(text(&generator))
        case 5:
            let count = Int.random(in: 0..<5, using: &generator)
            return .array((0..<count).map { _ in random(depth: depth + 1, &generator) })
        default:
            var members: [[Unicode.Scalar]: JSONTree] = [:]
            for _ in 0..<Int.random(in: 0..<(depth == 0 ? 20 : 6), using: &generator) {
                members[text(&generator)] = random(depth: depth + 1, &generator)
            }
            return .object(members)
        }
    }

    private static func number(_ generator: inout SplitMix64) -> JSONTree {
        var digits = (0..<Int.random(in: 0..<25, using: &generator))
            .map { _ in UInt8.random(in: 0...9, using: &generator) }
        while digits.last == 0 { digits.removeLast() }
        digits = Array(digits.drop { $0 == 0 })
        let range = [-2...2, -30...30, -1_000_000_000_000_000...1_000_000_000_000_000].randomElement(using: &generator)
        return .number(
            digits: digits,
            exponent: digits.isEmpty ? 0 : Int.random(in: range ?? 0...0, using: &generator),
            isNegative: !digits.isEmpty && Bool.random(using: &generator)
        )
    }

    private static func text(_ generator: inout SplitMix64) -> [Unicode.Scalar] {
        let scalars: [Unicode.Scalar] = [
            "a", "b", "\"", "\\", "/", "\n", "\t", "\r", "\u{8}", "\u{C}", "\u{0}", "\u{1F}", "\u{7F}", "é", "e",
            "\u{301}", "€",
            "\u{FFFF}", "😀", "{", ",", " ",
        ]
        return (0..<Int.random(in: 0..<5, using: &generator))
            .map { _ in scalars.randomElement(using: &generator) ?? "a" }
    }

    // MARK: Writing

    func written(_ generator: inout SplitMix64) -> String {
        func space() -> String { ["", "", "", " ", "\n", "\r\n\t "].randomElement(using: &generator) ?? "" }
        switch self {
        case .word(let word): return space() + word + space()
        case .number(let digits, let exponent, let isNegative):
            return space() + (isNegative ? "-" : "") + Self.number(digits, exponent, &generator) + space()
        case .string(let scalars): return space() + Self.quoted(scalars, &generator) + space()
        case .array(let elements):
            return space() + "[" + space() + elements.map { $0.written(&generator) }.joined(separator: ",") + "]"
                + space()
        case .object(let members):
            let texts = members.shuffled(using: &generator)
                .map { name, value in Self.quoted(name, &generator) + space() + ":" + value.written(&generator) }
            return space() + "{" + space() + texts.joined(separator: space() + "," + space()) + "}" + space()
        }
    }

    private static func number(_ digits: [UInt8], _ exponent: Int, _ generator: inout SplitMix64) -> String {
        guard !digits.isEmpty else {
            return ["0", "-0", "0.0", "0e7", "-0.00E-12"].randomElement(using: &generator) ?? "0"
        }
        let zeros = Int.random(in: 0..<4, using: &generator)
        let all = digits.map { String($0) }.joined() + String(repeating: "0", count: zeros)
        let place = Int.random(in: 0...all.count, using: &generator)
        var (text, fraction) = (String(all.prefix(place)), String(all.dropFirst(place)))
        if place == 0 {
            text = "0"
            fraction = String(repeating: "0", count: Int.random(in: 0..<4, using: &generator)) + fraction
        }
        if !fraction.isEmpty { text += "." + fraction }
        let written = exponent - zeros + fraction.count
        if written == 0, Bool.random(using: &generator) { return text }
        let sign = written < 0 ? "-" : ["", "+"].randomElement(using: &generator) ?? ""
        let leading = String(repeating: "0", count: [0, 0, 1, 20].randomElement(using: &generator) ?? 0)
        return text + (Bool.random(using: &generator) ? "e" : "E") + sign + leading + String(written.magnitude)
    }

    private static func quoted(_ scalars: [Unicode.Scalar], _ generator: inout SplitMix64) -> String {
        let short: [Unicode.Scalar: String] = [
            "\"": #"\""#, "\\": #"\\"#, "/": #"\/"#, "\n": #"\n"#, "\t": #"\t"#, "\r": #"\r"#, "\u{8}": #"\b"#,
            "\u{C}": #"\f"#,
        ]
        let needsEscapes = Bool.random(using: &generator)
        let parts = scalars.map { scalar in
            let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            guard mustEscape || needsEscapes && Bool.random(using: &generator) else { return String(scalar) }
            if let escape = short[scalar], Bool.random(using: &generator) { return escape }
            return scalar.utf16
                .map { unit in
                    let digits = String(unit, radix: 16, uppercase: Bool.random(using: &generator))
                    return #"\u"# + String(repeating: "0", count: 4 - digits.count) + digits
                }
                .joined()
        }
        return "\"" + parts.joined() + "\""
    }

    // MARK: Changing

    /// The value with one difference.
    func changed(_ generator: inout SplitMix64) -> JSONTree {
        switch self {
        case .word(let word): return .word(word == "true" ? "false" : "true")
        case .number(let digits, let exponent, let isNegative):
            if digits.isEmpty { return .number(digits: [1], exponent: -20, isNegative: false) }
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: return .number(digits: digits, exponent: exponent + 1, isNegative: isNegative)
            case 1: return .number(digits: digits, exponent: exponent, isNegative: !isNegative)
            default: return .number(digits: digits + [1], exponent: exponent - 1, isNegative: isNegative)
            }
        case .string(let scalars): return .string(scalars + ["a"])
        case .array(var elements):
            guard let index = elements.indices.randomElement(using: &generator), Bool.random(using: &generator) else {
                return .array(elements + [.word("null")])
            }
            elements[index] = elements[index].changed(&generator)
            return .array(elements)
        case .object(var members):
            guard let name = members.keys.randomElement(using: &generator),
                let value = members.removeValue(forKey: name)
            else {
                return .object([[]: .word("null")])
            }
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: break
            case 1: members[name + ["\u{1}", "z"]] = value
            default: members[name] = value.changed(&generator)
            }
            return .object(members)
        }
    }
}
