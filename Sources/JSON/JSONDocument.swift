/// One JSON text with its tape: where each value starts, ends, and what it is.
///
/// One scan checks the grammar (RFC 8259), UTF-8, the depth, and that no object names a member twice, since two parsers
/// would read such an object differently. Nothing is decoded: numbers and strings stay as they were sent.
package final class JSONDocument: Sendable {
    /// Levels of nesting that are accepted.
    package static let maximumDepth = 128
    /// Values and names that are accepted; each takes 16 bytes on the tape, eight times what it may take in the text.
    package static let maximumEntries = 2_000_000
    /// Bytes that are accepted; offsets on the tape have 32 bits.
    package static let maximumBytes = 1 << 30

    package let bytes: [UInt8]
    /// The values in the order in which they begin, 16 bytes each; a member is its name and then its value.
    package let tape: [JSONTapeEntry]
    /// Whether line breaks stand between the tokens; inside a string they cannot.
    package let hasLineBreaks: Bool

    /// Scans a text.
    ///
    /// - Throws: ``JSONError`` at the first byte that breaks a rule.
    package init(_ bytes: [UInt8]) throws(JSONError) {
        var scanner = JSONScanner()
        try scanner.scan(bytes.span)
        self.bytes = bytes
        tape = scanner.tape
        hasLineBreaks = scanner.hasLineBreaks
    }

    /// Scans the UTF-8 of a string.
    ///
    /// - Throws: ``JSONError`` at the first byte that breaks a rule.
    package convenience init(_ text: String) throws(JSONError) {
        try self.init(Array(text.utf8))
    }

    /// The outermost value.
    package var root: JSONView { JSONView(document: self, index: 0) }
}

/// One value on the tape; 16 bytes.
package struct JSONTapeEntry: Sendable {
    /// First byte of the value.
    package var offset: UInt32
    /// Bytes of the value, quotes and brackets included.
    package var length: UInt32
    /// The tape index after this value and all it holds.
    package var next: UInt32
    /// Kind in the low four bits, then the escape mark, then the number of children.
    @usableFromInline var meta: UInt32

    @usableFromInline static let escaped: UInt32 = 1 << 4
    @usableFromInline static let countShift: UInt32 = 5

    init(_ kind: JSONKind, offset: Int, length: Int, next: Int, isEscaped: Bool = false) {
        self.offset = UInt32(truncatingIfNeeded: offset)
        self.length = UInt32(truncatingIfNeeded: length)
        self.next = UInt32(truncatingIfNeeded: next)
        meta = UInt32(kind.rawValue) | (isEscaped ? Self.escaped : 0)
    }

    /// Nothing else than a kind's raw value is ever written there.
    @inlinable @inline(__always) package var kind: JSONKind { unsafeBitCast(UInt8(meta & 0xF), to: JSONKind.self) }
    @inlinable @inline(__always) package var isEscaped: Bool { meta & Self.escaped != 0 }
    /// Elements of an array or members of an object, up to the most that 27 bits can say.
    @inlinable @inline(__always) package var count: Int { Int(meta >> Self.countShift) }
    mutating func addChild() {
        let (sum, overflow) = meta.addingReportingOverflow(1 << Self.countShift)
        if !overflow { meta = sum }
    }
    @inlinable @inline(__always) package var range: Range<Int> { Int(offset)..<(Int(offset) + Int(length)) }
}
