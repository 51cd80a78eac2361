/// The single pass that checks a text and writes its tape.
///
/// A loop with a stack of open containers, not a recursion: the depth comes from strangers.
struct JSONScanner {
    var tape: [JSONTapeEntry] = []
    var hasLineBreaks = false
    private var position = 0
    private var open: [Container] = []

    private struct Container {
        let index: Int
        let isObject: Bool
        var children = 0
    }

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
        tape.reserveCapacity(min(text.count / 6 + 8, 1 << 16))
        var expectation = Expectation.value
        while true {
            skipWhitespace(text)
            guard position < text.count else {
                guard expectation == .end else { throw JSONError(.unexpectedEnd, at: position) }
                return
            }
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
        guard !open.isEmpty else { return .end }
        open[open.count - 1].children &+= 1
        return .commaOrEnd
    }

    private mutating func begin(_ kind: JSONKind) throws(JSONError) -> Expectation {
        guard open.count < JSONDocument.maximumDepth else { throw JSONError(.tooDeep, at: position) }
        open.append(Container(index: tape.count, isObject: kind == .object))
        tape.append(JSONTapeEntry(kind, offset: position, length: 0, next: 0))
        position &+= 1
        return kind == .object ? .nameOrEnd : .valueOrEnd
    }

    private mutating func close() -> Expectation {
        position &+= 1
        let container = open.removeLast()
        let start = Int(tape[container.index].offset)
        tape[container.index].length = UInt32(truncatingIfNeeded: position - start)
        tape[container.index].next = UInt32(truncatingIfNeeded: tape.count)
        let limit = Int(UInt32.max >> JSONTapeEntry.countShift)
        tape[container.index].meta |= UInt32(min(container.children, limit)) << JSONTapeEntry.countShift
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
        guard let container = open.last else { throw JSONError(.unexpectedByte, at: position) }
        switch byte {
        case UInt8(ascii: ","):
            position &+= 1
            return container.isObject ? .name : .value
        case UInt8(ascii: "}") where container.isObject:
            try JSONDuplicates.check(tape, from: container.index + 1, members: container.children, text)
            return close()
        case UInt8(ascii: "]") where !container.isObject:
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
        if text[position] == UInt8(ascii: "-") { position &+= 1 }
        if position < text.count, text[position] == UInt8(ascii: "0") {
            position &+= 1
        } else {
            try scanDigits(text)
        }
        if position < text.count, text[position] == UInt8(ascii: ".") {
            position &+= 1
            try scanDigits(text)
        }
        if position < text.count, text[position] | 0x20 == UInt8(ascii: "e") {
            position &+= 1
            if position < text.count, text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") {
                position &+= 1
            }
            try scanDigits(text)
        }
        if position < text.count, Self.isDigit(text[position]) { throw JSONError(.invalidNumber, at: position) }
        tape.append(JSONTapeEntry(.number, offset: start, length: position - start, next: tape.count + 1))
    }

    private mutating func scanDigits(_ text: Span<UInt8>) throws(JSONError) {
        let first = position
        while position < text.count, Self.isDigit(text[position]) { position &+= 1 }
        guard position > first else { throw JSONError(.invalidNumber, at: position) }
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
                cursor = try JSONText.endOfMultibyte(text, at: cursor)
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
