/// One value of a document, seen without decoding it.
package struct JSONView: Sendable {
    package let document: JSONDocument
    /// Its place on the document's tape.
    package let index: Int

    /// The value at a place on a document's tape.
    package init(document: JSONDocument, index: Int) {
        self.document = document
        self.index = index
    }

    private var entry: JSONTapeEntry { document.tape[index] }

    package var kind: JSONKind { entry.kind }

    /// Where the value stands in the document's bytes, quotes and brackets included.
    package var range: Range<Int> { entry.range }

    /// The value as it was sent.
    package var bytes: ArraySlice<UInt8> { document.bytes[entry.range] }

    /// The value as it was sent, without the line breaks between its tokens.
    package var compactBytes: [UInt8] {
        guard document.hasLineBreaks else { return Array(bytes) }
        return bytes.filter { $0 != 0x0A && $0 != 0x0D }
    }

    /// Elements of an array or members of an object, zero for a scalar.
    package var count: Int { entry.count }

    package var isNull: Bool { entry.kind == .null }

    /// The decoded text of a string, nil for another kind.
    package var string: String? {
        let entry = entry
        guard entry.kind == .string else { return nil }
        let content = document.bytes[(entry.range.lowerBound + 1)..<(entry.range.upperBound - 1)]
        return String(decoding: entry.isEscaped ? JSONText.unescaped(content)[...] : content, as: UTF8.self)
    }

    package var bool: Bool? {
        guard kind == .bool else { return nil }
        return document.bytes[range.lowerBound] == UInt8(ascii: "t")
    }

    /// The number when it is whole and fits, nil otherwise; `1.0` and `1e3` are whole too.
    package var integer: Int? {
        guard kind == .number else { return nil }
        return JSONNumber.whole(bytes)
    }

    package var double: Double? {
        guard kind == .number else { return nil }
        return Double(String(decoding: bytes, as: UTF8.self))
    }

    /// The value of an object's member, nil when there is none or this is no object.
    package subscript(_ name: StaticString) -> JSONView? {
        guard kind == .object else { return nil }
        var cursor = index + 1
        let end = Int(entry.next)
        while cursor < end {
            if isName(cursor, name.utf8Start, name.utf8CodeUnitCount) {
                return JSONView(document: document, index: cursor + 1)
            }
            cursor = Int(document.tape[cursor + 1].next)
        }
        return nil
    }

    /// The value of an object's member whose name is only known at run time.
    package func member(_ name: String) -> JSONView? {
        members.first { $0.name.equals(name) }?.value
    }

    /// Whether this is a string with exactly this text.
    package func equals(_ text: String) -> Bool {
        let entry = entry
        guard entry.kind == .string else { return false }
        let content = document.bytes[(entry.range.lowerBound + 1)..<(entry.range.upperBound - 1)]
        // By bytes: String's own == also takes canonically equivalent texts for the same.
        if entry.isEscaped { return JSONText.unescaped(content).elementsEqual(text.utf8) }
        return content.count == text.utf8.count && content.elementsEqual(text.utf8)
    }

    private func isName(_ cursor: Int, _ name: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        let candidate = document.tape[cursor]
        if candidate.isEscaped {
            let content = document.bytes[(candidate.range.lowerBound + 1)..<(candidate.range.upperBound - 1)]
            return JSONText.unescaped(content).elementsEqual(UnsafeBufferPointer(start: name, count: count))
        }
        guard Int(candidate.length) == count + 2 else { return false }
        let start = Int(candidate.offset) + 1
        for offset in 0..<count where document.bytes[start + offset] != name[offset] { return false }
        return true
    }
}

extension JSONView {
    /// The elements of an array; empty for another kind.
    package var elements: Elements { Elements(document: document, cursor: index + 1, end: end(of: .array)) }

    /// The members of an object in the order they were sent; empty for another kind.
    package var members: Members { Members(document: document, cursor: index + 1, end: end(of: .object)) }

    private func end(of kind: JSONKind) -> Int { self.kind == kind ? Int(entry.next) : index + 1 }

    /// The elements of an array, one by one.
    package struct Elements: Sequence, IteratorProtocol {
        let document: JSONDocument
        var cursor: Int
        let end: Int

        package mutating func next() -> JSONView? {
            guard cursor < end else { return nil }
            defer { cursor = Int(document.tape[cursor].next) }
            return JSONView(document: document, index: cursor)
        }
    }

    /// The members of an object, one by one.
    package struct Members: Sequence, IteratorProtocol {
        let document: JSONDocument
        var cursor: Int
        let end: Int

        package mutating func next() -> (name: JSONView, value: JSONView)? {
            guard cursor < end else { return nil }
            let name = JSONView(document: document, index: cursor)
            let value = JSONView(document: document, index: cursor + 1)
            cursor = Int(document.tape[cursor + 1].next)
            return (name, value)
        }
    }
}
