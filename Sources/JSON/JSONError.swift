/// Why a text is not JSON that we accept, and where.
package struct JSONError: Error, Sendable, Hashable {
    /// The rule that the text breaks.
    package enum Reason: String, Sendable, Hashable {
        case unexpectedEnd
        case unexpectedByte
        case invalidNumber
        case invalidEscape
        case invalidUTF8
        case controlCharacter
        case trailingBytes
        case tooDeep
        case tooLarge
        case duplicateMember
    }

    package let reason: Reason
    /// Bytes from the start of the text.
    package let offset: Int

    package init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

extension JSONError: CustomStringConvertible {
    package var description: String {
        let what =
            switch reason {
            case .unexpectedEnd: "the text ends in the middle of a value"
            case .unexpectedByte: "a byte that cannot stand here"
            case .invalidNumber: "a malformed number"
            case .invalidEscape: "a malformed escape sequence"
            case .invalidUTF8: "bytes that are not UTF-8"
            case .controlCharacter: "an unescaped control character"
            case .trailingBytes: "bytes after the end of the value"
            case .tooDeep: "more than \(JSONDocument.maximumDepth) levels of nesting"
            case .tooLarge:
                "a text of more than \(JSONDocument.maximumBytes) bytes or \(JSONDocument.maximumEntries) values"
            case .duplicateMember: "the same member name twice in one object"
            }
        return "\(what), at byte \(offset)"
    }
}
