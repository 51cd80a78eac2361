/// The rules of characters inside JSON strings: UTF-8 (RFC 3629) and escapes (RFC 8259 §7).
enum JSONText {
    /// The index of the next byte that is not plain: a quote, a backslash, a control character or part of a multi-byte
    /// character; the end of the text when there is none.
    ///
    /// Eight bytes at a time. A borrow runs towards higher bytes only, so the lowest mark is always a true one.
    @inline(__always)
    static func endOfPlain(_ text: Span<UInt8>, at start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let bytes = text.bytes
        var cursor = start
        while cursor &+ 8 <= text.count {
            let word = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: cursor, as: UInt64.self))
            let quotes = (word ^ (ones &* 0x22)) &- ones
            let backslashes = (word ^ (ones &* 0x5C)) &- ones
            let controls = word &- (ones &* 0x20)
            let marks = (quotes | backslashes | controls | word) & (ones &* 0x80)
            if marks != 0 { return cursor &+ marks.trailingZeroBitCount / 8 }
            cursor &+= 8
        }
        while cursor < text.count, isPlain(text[cursor]) { cursor &+= 1 }
        return cursor
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// The index after an escape sequence; a surrogate must come as a pair.
    static func endOfEscape(_ text: Span<UInt8>, at start: Int) throws(JSONError) -> Int {
        guard start + 1 < text.count else { throw JSONError(.unexpectedEnd, at: text.count) }
        switch text[start + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start + 2
        case UInt8(ascii: "u"):
            return try endOfUnicodeEscape(text, at: start)
        default:
            throw JSONError(.invalidEscape, at: start)
        }
    }

    private static func endOfUnicodeEscape(_ text: Span<UInt8>, at start: Int) throws(JSONError) -> Int {
        let unit = try codeUnit(text, at: start)
        switch unit {
        case 0xD800...0xDBFF:
            let second = start + 6
            guard second + 1 < text.count, text[second] == UInt8(ascii: "\\"), text[second + 1] == UInt8(ascii: "u"),
                case 0xDC00...0xDFFF = try codeUnit(text, at: second)
            else { throw JSONError(.invalidEscape, at: start) }
            return second + 6
        case 0xDC00...0xDFFF:
            throw JSONError(.invalidEscape, at: start)
        default:
            return start + 6
        }
    }

    /// The number in `\uXXXX`.
    static func codeUnit(_ text: Span<UInt8>, at start: Int) throws(JSONError) -> UInt32 {
        guard start + 6 <= text.count else { throw JSONError(.unexpectedEnd, at: text.count) }
        var unit: UInt32 = 0
        for offset in 2..<6 {
            let byte = text[start + offset]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw JSONError(.invalidEscape, at: start)
            }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// The index after a run of characters of two to four bytes each.
    static func endOfMultibytes(_ text: Span<UInt8>, at start: Int) throws(JSONError) -> Int {
        var cursor = start
        repeat {
            let lead = text[cursor]
            if lead >= 0xC2, lead < 0xE0, cursor &+ 1 < text.count, text[cursor &+ 1] & 0xC0 == 0x80 {
                cursor &+= 2
            } else {
                cursor = try endOfMultibyte(text, at: cursor)
            }
        } while cursor < text.count && text[cursor] >= 0x80
        return cursor
    }

    /// The index after a character of two to four bytes; no overlong form, no surrogate, nothing above U+10FFFF.
    private static func endOfMultibyte(_ text: Span<UInt8>, at start: Int) throws(JSONError) -> Int {
        let lead = text[start]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0:
            length = 3
            second = 0xA0...0xBF
        case 0xED:
            length = 3
            second = 0x80...0x9F
        case 0xE1...0xEC, 0xEE...0xEF: length = 3
        case 0xF0:
            length = 4
            second = 0x90...0xBF
        case 0xF4:
            length = 4
            second = 0x80...0x8F
        case 0xF1...0xF3: length = 4
        default: throw JSONError(.invalidUTF8, at: start)
        }
        guard start + length <= text.count else { throw JSONError(.invalidUTF8, at: start) }
        guard second.contains(text[start + 1]) else { throw JSONError(.invalidUTF8, at: start) }
        for offset in 2..<max(length, 2) where text[start + offset] & 0xC0 != 0x80 {
            throw JSONError(.invalidUTF8, at: start)
        }
        return start + length
    }

    /// The UTF-8 that the content of a checked string stands for.
    static func unescaped(_ content: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(content.count)
        let text = content.span
        var cursor = 0
        while cursor < text.count {
            let byte = text[cursor]
            guard byte == UInt8(ascii: "\\"), cursor + 1 < text.count else {
                result.append(byte)
                cursor += 1
                continue
            }
            switch text[cursor + 1] {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"):
                cursor = appendUnicode(text, at: cursor, to: &result)
                continue
            case let literal: result.append(literal)
            }
            cursor += 2
        }
        return result
    }

    private static func appendUnicode(_ text: Span<UInt8>, at start: Int, to result: inout [UInt8]) -> Int {
        guard var value = try? codeUnit(text, at: start) else { return text.count }
        var end = start + 6
        if (0xD800...0xDBFF).contains(value), let low = try? codeUnit(text, at: end) {
            value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
            end += 6
        }
        let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
        result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        return end
    }

    /// Appends a string of UTF-8 between quotes, with escapes only where there have to be; what lies between them goes over
    /// in one piece.
    static func appendQuoted(_ text: Span<UInt8>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        var (start, cursor) = (0, 0)
        while true {
            cursor = endOfPlain(text, at: cursor)
            guard cursor < text.count else { break }
            let byte = text[cursor]
            // Characters of several bytes stay as they are.
            if byte < 0x80 {
                append(text.extracting(start..<cursor), to: &output)
                appendEscape(byte, to: &output)
                start = cursor &+ 1
            }
            cursor &+= 1
        }
        append(text.extracting(start..<text.count), to: &output)
        output.append(UInt8(ascii: "\""))
    }

    private static func append(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        bytes.withUnsafeBufferPointer { output.append(contentsOf: $0) }
    }

    private static func appendEscape(_ byte: UInt8, to output: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""): output.append(contentsOf: #"\""#.utf8)
        case UInt8(ascii: "\\"): output.append(contentsOf: #"\\"#.utf8)
        case 0x0A: output.append(contentsOf: #"\n"#.utf8)
        case 0x0D: output.append(contentsOf: #"\r"#.utf8)
        case 0x09: output.append(contentsOf: #"\t"#.utf8)
        default:
            output.append(contentsOf: #"\u00"#.utf8)
            output.append(hexadecimal(byte >> 4))
            output.append(hexadecimal(byte & 0xF))
        }
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}
