/// The names and indexes that lead to a place in a document (RFC 6901).
package struct JSONPointer: Sendable {
    /// One name or index for each container on the way, unescaped.
    package var tokens: [String]

    package init(_ tokens: [String] = []) {
        self.tokens = tokens
    }

    /// Reads the text form.
    ///
    /// - Throws: ``JSONPointerError`` when it does not begin with a slash, or has a tilde that no `0` or `1` follows.
    package init(parsing text: String) throws(JSONPointerError) {
        // By bytes: a slash and a combining mark behind it are one Character.
        let bytes = Array(text.utf8)
        tokens = []
        guard let first = bytes.first else { return }
        guard first == UInt8(ascii: "/") else { throw JSONPointerError(.noSlash, at: 0) }
        var start = 1
        while start <= bytes.count {
            var end = start
            var isEscaped = false
            while end < bytes.count, bytes[end] != UInt8(ascii: "/") {
                if bytes[end] == UInt8(ascii: "~") { isEscaped = true }
                end += 1
            }
            let token = isEscaped ? try Self.unescaped(bytes[start..<end])[...] : bytes[start..<end]
            tokens.append(String(decoding: token, as: UTF8.self))
            start = end + 1
        }
    }

    private static func unescaped(_ token: ArraySlice<UInt8>) throws(JSONPointerError) -> [UInt8] {
        var result: [UInt8] = []
        var cursor = token.startIndex
        while cursor < token.endIndex {
            guard token[cursor] == UInt8(ascii: "~") else {
                result.append(token[cursor])
                cursor += 1
                continue
            }
            switch cursor + 1 < token.endIndex ? token[cursor + 1] : nil {
            case UInt8(ascii: "0"): result.append(UInt8(ascii: "~"))
            case UInt8(ascii: "1"): result.append(UInt8(ascii: "/"))
            default: throw JSONPointerError(.invalidEscape, at: cursor)
            }
            cursor += 2
        }
        return result
    }

    /// A name or index with `~` and `/` written as `~0` and `~1`.
    package static func escaped(_ token: String) -> String {
        guard token.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return token }
        var result: [UInt8] = []
        for byte in token.utf8 {
            switch byte {
            case UInt8(ascii: "~"): result.append(contentsOf: "~0".utf8)
            case UInt8(ascii: "/"): result.append(contentsOf: "~1".utf8)
            default: result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The text form.
    package var text: String { tokens.reduce(into: "") { $0 += "/" + Self.escaped($1) } }

    /// The place that a name or an index leads to from here.
    package func appending(_ token: String) -> JSONPointer { JSONPointer(tokens + [token]) }

    /// Whether the other place is inside of this one.
    package func contains(_ other: JSONPointer) -> Bool {
        guard tokens.count < other.tokens.count else { return false }
        return zip(tokens, other.tokens).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }

    /// The index that a token stands for; nil unless it is digits without a leading zero.
    ///
    /// An index that no array can have is the largest number there is.
    static func index(_ token: String) -> Int? {
        var value = 0
        for byte in token.utf8 {
            guard byte &- 0x30 < 10 else { return nil }
            let (product, isOver) = value.multipliedReportingOverflow(by: 10)
            let (sum, isOverToo) = product.addingReportingOverflow(Int(byte &- 0x30))
            value = isOver || isOverToo ? Int.max / 10 : sum
        }
        guard !token.isEmpty, token.utf8.count == 1 || token.utf8.first != 0x30 else { return nil }
        return value
    }
}

extension JSONPointer: Hashable {
    /// By bytes: String's own == also takes canonically equivalent names for the same.
    package static func == (left: JSONPointer, right: JSONPointer) -> Bool {
        left.tokens.elementsEqual(right.tokens) { $0.utf8.elementsEqual($1.utf8) }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(tokens.count)
        for token in tokens { hasher.combine(ExactName(token)) }
    }
}

extension JSONPointer: CustomStringConvertible {
    package var description: String { text }
}
