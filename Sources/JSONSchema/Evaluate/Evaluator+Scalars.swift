import JSON

extension Evaluator {
    // MARK: Strings

    /// Judges a string; lengths count characters of Unicode.
    mutating func string(_ node: Node, _ cursor: Int) -> Bool {
        var isValid = true
        let (least, most) = (Int(node.pointee.minLength), Int(node.pointee.maxLength))
        if least > 0 || most != Int(Int32.max) {
            let bytes = Int(tape[cursor].length) &- 2
            // The bytes alone often tell: a character has one to four of them, escaped ones up to twelve.
            if bytes < least || bytes > most || tape[cursor].isEscaped || bytes < least &* 4 {
                let length = length(cursor)
                if length < least || length > most {
                    isValid = false
                    guard let report else { return false }
                    if length < least {
                        report.add("minLength", cursor, "has \(length) characters, fewer than \(least)")
                    } else {
                        report.add("maxLength", cursor, "has \(length) characters, more than \(most)")
                    }
                }
            }
        }
        if node.pointee.pattern >= 0, !matches(node.pointee.pattern, cursor) {
            isValid = false
            guard failure == nil, let report else { return false }
            let pattern = program.patterns[Int(node.pointee.pattern)].text
            // What the author says of the value tells more than the pattern does.
            let words = program.source(of: node.pointee)["description"]?.string.map { ": \($0.prefix(200))" } ?? ""
            report.add("pattern", cursor, "does not match '\(pattern)'\(words)")
        }
        if node.pointee.format >= 0, let format = StringFormat(rawValue: UInt8(node.pointee.format)) {
            let text = JSONView(document: document, index: cursor).string ?? ""
            steps &-= text.utf8.count / 16
            if !format.accepts(text) {
                isValid = false
                guard let report else { return false }
                report.add("format", cursor, "is not \(format.words)")
            }
        }
        return isValid
    }

    private mutating func length(_ cursor: Int) -> Int {
        let bytes = bytes(cursor)
        steps &-= bytes.count / 64
        guard tape[cursor].isEscaped else {
            var count = -2
            for byte in bytes where byte & 0xC0 != 0x80 { count &+= 1 }
            return count
        }
        return (JSONView(document: document, index: cursor).string ?? "").unicodeScalars.count
    }

    /// Whether an expression is found in a string.
    mutating func matches(_ pattern: Int32, _ cursor: Int) -> Bool {
        guard steps > 0 else { return giveUp() }
        let compiled = program.patterns[Int(pattern)]
        let began = ContinuousClock.now
        let outcome: Pattern.Outcome
        if tape[cursor].isEscaped {
            outcome = compiled.search(JSONView(document: document, index: cursor).string ?? "")
        } else {
            let whole = bytes(cursor)
            outcome = compiled.search(UnsafeBufferPointer(rebasing: whole[1..<(whole.count - 1)]))
        }
        // A search costs about as much as its text is long, and some expressions make it cost more. The clock may have
        // stood still with this thread, so that one search is charged for a millisecond at most.
        let time = (ContinuousClock.now - began).components
        let nanoseconds = time.seconds > 0 ? 1_000_000 : Int(time.attoseconds / 1_000_000_000)
        steps &-= 1 &+ Int(tape[cursor].length) / 64 &+ (nanoseconds > 10_000 ? min(nanoseconds / 100, 10_000) : 0)
        switch outcome {
        case .found: return true
        case .notFound: return false
        case .tooCostly:
            if failure == nil {
                failure = SchemaError(
                    .costlyPattern,
                    at: JSONPointer(to: cursor, from: document.root).text,
                    "the regular expression '\(compiled.text.prefix(80))' takes too long on this value"
                )
            }
            return false
        }
    }

    // MARK: Numbers

    mutating func number(_ node: Node, _ cursor: Int) -> Bool {
        let bytes = bytes(cursor)
        let number = ParsedNumber(bytes)
        if case .decimal = number { steps &-= bytes.count &* Int(node.pointee.numberRules.count) / 4 }
        var isValid = true
        for index in node.pointee.numberRules.range {
            let rule = program.numberRules[index]
            if rule.accepts(number, bytes) { continue }
            isValid = false
            guard let report else { return false }
            let limit = rule.decimal.text
            switch rule.kind {
            case .minimum: report.add("minimum", cursor, "is smaller than \(limit)")
            case .exclusiveMinimum: report.add("exclusiveMinimum", cursor, "is not larger than \(limit)")
            case .maximum: report.add("maximum", cursor, "is larger than \(limit)")
            case .exclusiveMaximum: report.add("exclusiveMaximum", cursor, "is not smaller than \(limit)")
            case .multipleOf: report.add("multipleOf", cursor, "is not a multiple of \(limit)")
            }
        }
        return isValid
    }
}

extension NumberRule {
    /// Whether a number stands the comparison.
    @inline(__always)
    func accepts(_ value: ParsedNumber, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        switch (value, number) {
        case (.integer(let left), .integer(let right)):
            if kind == .multipleOf { return left % right == 0 }
            return accepts(isBelow: left < right, isAbove: left > right)
        case (.double(let left), .double(let right)) where kind != .multipleOf:
            return accepts(isBelow: left < right, isAbove: left > right)
        case (.integer(let left), .double(let right)) where kind != .multipleOf && left.magnitude < 1 << 49:
            return accepts(isBelow: Double(left) < right, isAbove: Double(left) > right)
        case (.double(let left), .integer(let right)) where kind != .multipleOf && right.magnitude < 1 << 49:
            return accepts(isBelow: left < Double(right), isAbove: left > Double(right))
        default:
            let exact = DecimalNumber(bytes)
            if kind == .multipleOf { return exact.isMultiple(of: decimal) }
            return accepts(isBelow: exact < decimal, isAbove: decimal < exact)
        }
    }

    private func accepts(isBelow: Bool, isAbove: Bool) -> Bool {
        switch kind {
        case .minimum: !isBelow
        case .exclusiveMinimum: isAbove
        case .maximum: !isAbove
        case .exclusiveMaximum: isBelow
        case .multipleOf: false
        }
    }
}

extension DecimalNumber {
    /// The number as people write it, if it is not too long.
    var text: String {
        let digits = self.digits.map(String.init).joined()
        let sign = isNegative ? "-" : ""
        if digits.isEmpty { return "0" }
        if exponent >= 0, exponent < 16 { return sign + digits + String(repeating: "0", count: exponent) }
        if exponent < 0, -exponent < digits.count {
            let whole = digits.dropLast(-exponent)
            return sign + whole + "." + digits.suffix(-exponent)
        }
        if exponent < 0, -exponent < 16 {
            return sign + "0." + String(repeating: "0", count: -exponent - digits.count) + digits
        }
        return "\(sign)\(digits)e\(exponent)"
    }
}
