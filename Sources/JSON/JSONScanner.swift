/// The single pass that checks a text and writes its tape.
///
/// A loop with a stack of open containers, not a recursion: the depth comes from strangers.
struct JSONScanner {
    var tape: [JSONTapeEntry] = []
    var hasLineBreaks = false
    private var position = 0
    /// Tape index of the innermost open container; `next` of its entry holds the one around it until it closes.
    private var container = Self.noContainer
    private var depth = 0

    private static let noContainer = Int(UInt32.max)

    private enum Expectation {
        case value
        case valueOrEnd
        case nameOrEnd
        case name
        case commaOrEnd
        case end
    }

    mutating func scan(_ text: Span<UInt8>) throws(JSONError) {
        guard text.count <= JSONDocument.maximumBytes else { throw JSONError(.tooLarge, at: JSONDocument.maximumBytes) }
        tape.reserveCapacity(min(text.count / 6 + 8, 1 << 20))
        var expectation = Expectation.value
        while true {
            skipWhitespace(text)
            guard position < text.count else {
                guard expectation == .end else { throw JSONError(.unexpectedEnd, at: position) }
                return
            }
            guard tape.count < JSONDocument.maximumEntries else { throw JSONError(.tooLarge, at: position) }
            let byte = text[position]
            switch expectation {
            case .value:
                expectation = try scanValue(byte, text)
            case .valueOrEnd:
                if byte == UInt8(ascii: "]") {
                    expectation = close()
                } else {
                    expectation = try scanValue(byte, text)
                }
            case .nameOrEnd:
                if byte == UInt8(ascii: "}") {
                    expectation = close()
                } else {
                    expectation = try scanName(byte, text)
                }
            case .name:
                expectation = try scanName(byte, text)
            case .commaOrEnd:
                expectation = try scanSeparator(byte, text)
            case .end:
                throw JSONError(.trailingBytes, at: position)
            }
        }
    }

    private mutating func skipWhitespace(_ text: Span<UInt8>) {
        while position < text.count {
            switch text[position] {
            case 0x20, 0x09: break
            case 0x0A, 0x0D: hasLineBreaks = true
            default: return
            }
            position &+= 1
        }
    }

    // MARK: Structure

    private mutating func scanValue(_ byte: UInt8, _ text: Span<UInt8>) throws(JSONError) -> Expectation {
        switch byte {
        case UInt8(ascii: "{"): return try begin(.object)
        case UInt8(ascii: "["): return try begin(.array)
        case UInt8(ascii: "\""): try scanString(text)
        case UInt8(ascii: "t"): try scanWord("true", .bool, text)
        case UInt8(ascii: "f"): try scanWord("false", .bool, text)
        case UInt8(ascii: "n"): try scanWord("null", .null, text)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try scanNumber(text)
        default: throw JSONError(.unexpectedByte, at: position)
        }
        return afterValue()
    }

    private mutating func afterValue() -> Expectation {
        guard depth > 0 else { return .end }
        tape[container].addChild()
        return .commaOrEnd
    }

    private mutating func begin(_ kind: JSONKind) throws(JSONError) -> Expectation {
        guard depth < JSONDocument.maximumDepth else { throw JSONError(.tooDeep, at: position) }
        tape.append(JSONTapeEntry(kind, offset: position, length: 0, next: container))
        container = tape.count &- 1
        depth &+= 1
        position &+= 1
        return kind == .object ? .nameOrEnd : .valueOrEnd
    }

    private mutating func close() -> Expectation {
        position &+= 1
        depth &-= 1
        var entry = tape[container]
        let outer = Int(entry.next)
        entry.length = UInt32(truncatingIfNeeded: position) &- entry.offset
        entry.next = UInt32(truncatingIfNeeded: tape.count)
        tape[container] = entry
        container = outer
        return afterValue()
    }

    private mutating func scanName(_ byte: UInt8, _ text: Span<UInt8>) throws(JSONError) -> Expectation {
        guard byte == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte, at: position) }
        try scanString(text)
        skipWhitespace(text)
        guard position < text.count else { throw JSONError(.unexpectedEnd, at: position) }
        guard text[position] == UInt8(ascii: ":") else { throw JSONError(.unexpectedByte, at: position) }
        position &+= 1
        return .value
    }

    private mutating func scanSeparator(_ byte: UInt8, _ text: Span<UInt8>) throws(JSONError) -> Expectation {
        let entry = tape[container]
        let isObject = entry.kind == .object
        switch byte {
        case UInt8(ascii: ","):
            position &+= 1
            return isObject ? .name : .value
        case UInt8(ascii: "}") where isObject:
            try JSONDuplicates.check(tape, from: container + 1, members: entry.count, text)
            return close()
        case UInt8(ascii: "]") where !isObject:
            return close()
        default:
            throw JSONError(.unexpectedByte, at: position)
        }
    }

    // MARK: Scalars

    private mutating func scanWord(_ word: StaticString, _ kind: JSONKind, _ text: Span<UInt8>) throws(JSONError) {
        let start = position
        let count = word.utf8CodeUnitCount
        guard start + count <= text.count else { throw JSONError(.unexpectedEnd, at: text.count) }
        for offset in 0..<count where text[start + offset] != word.utf8Start[offset] {
            throw JSONError(.unexpectedByte, at: start + offset)
        }
        position = start + count
        tape.append(JSONTapeEntry(kind, offset: start, length: count, next: tape.count + 1))
    }

    private mutating func scanNumber(_ text: Span<UInt8>) throws(JSONError) {
        let start = position
        var cursor = start
        if text[cursor] == UInt8(ascii: "-") { cursor &+= 1 }
        if cursor < text.count, text[cursor] == UInt8(ascii: "0") {
            cursor &+= 1
        } else {
            cursor = try Self.endOfDigits(text, at: cursor)
        }
        if cursor < text.count, text[cursor] == UInt8(ascii: ".") {
            cursor = try Self.endOfDigits(text, at: cursor &+ 1)
        }
        if cursor < text.count, text[cursor] | 0x20 == UInt8(ascii: "e") {
            cursor &+= 1
            if cursor < text.count, text[cursor] == UInt8(ascii: "+") || text[cursor] == UInt8(ascii: "-") {
                cursor &+= 1
            }
            cursor = try Self.endOfDigits(text, at: cursor)
        }
        if cursor < text.count, Self.isDigit(text[cursor]) { throw JSONError(.invalidNumber, at: cursor) }
        position = cursor
        tape.append(JSONTapeEntry(.number, offset: start, length: cursor &- start, next: tape.count &+ 1))
    }

    private static func endOfDigits(_ text: Span<UInt8>, at start: Int) throws(JSONError) -> Int {
        var cursor = start
        while cursor < text.count, isDigit(text[cursor]) { cursor &+= 1 }
        guard cursor > start else { throw JSONError(.invalidNumber, at: start) }
        return cursor
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }

    private mutating func scanString(_ text: Span<UInt8>) throws(JSONError) {
        let start = position
        var isEscaped = false
        var cursor = position &+ 1
        while true {
            cursor = JSONText.endOfPlain(text, at: cursor)
            guard cursor < text.count else { throw JSONError(.unexpectedEnd, at: text.count) }
            let byte = text[cursor]
            if byte == UInt8(ascii: "\"") { break }
            if byte >= 0x80 {
                cursor = try JSONText.endOfMultibytes(text, at: cursor)
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
                cursor = try JSONText.endOfEscape(text, at: cursor)
            } else {
                throw JSONError(.controlCharacter, at: cursor)
            }
        }
        position = cursor &+ 1
        tape.append(
            JSONTapeEntry(.string, offset: start, length: position - start, next: tape.count + 1, isEscaped: isEscaped)
        )
    }
}
