import JSON

/// A document that values of a tree come from, with what was found out about its containers on the way.
///
/// Looking into a large container takes an index of it, which is made once for all operations.
final class TapeSource {
    let document: JSONDocument
    private var names: [Int: NameIndex] = [:]
    private var positions: [Int: [UInt32]] = [:]
    private var memberBytes: [Int: Int] = [:]
    private var heights: [UInt8] = []

    /// Children that are looked through one by one.
    private static let shortContainer = 16

    init(_ document: JSONDocument) {
        self.document = document
    }

    func kind(_ index: Int) -> JSONKind { document.tape[index].kind }

    /// Elements or members of a container.
    func count(_ index: Int) -> Int { document.tape[index].count }

    /// The bytes of a value, or of a name with its quotes.
    func length(_ index: Int) -> Int { Int(document.tape[index].length) }

    func range(_ index: Int) -> Range<Int> { document.tape[index].range }

    func bytes(_ index: Int) -> ArraySlice<UInt8> { document.bytes[range(index)] }

    /// Whether a value is written like one of another document.
    func hasSameBytes(_ index: Int, as other: TapeSource, _ otherIndex: Int) -> Bool {
        let (entry, otherEntry) = (document.tape[index], other.document.tape[otherIndex])
        guard entry.length == otherEntry.length else { return false }
        return document.bytes.withUnsafeBytes { bytes in
            other.document.bytes.withUnsafeBytes { others in
                let (start, otherStart, length) = (Int(entry.offset), Int(otherEntry.offset), Int(entry.length))
                var offset = 0
                while offset + 8 <= length {
                    let word = bytes.loadUnaligned(fromByteOffset: start + offset, as: UInt64.self)
                    if word != others.loadUnaligned(fromByteOffset: otherStart + offset, as: UInt64.self) {
                        return false
                    }
                    offset += 8
                }
                while offset < length {
                    if bytes[start + offset] != others[otherStart + offset] { return false }
                    offset += 1
                }
                return true
            }
        }
    }

    func view(_ index: Int) -> JSONView { JSONView(document: document, index: index) }

    /// The place on the tape after a value and all it holds.
    func end(_ index: Int) -> Int { Int(document.tape[index].next) }

    // MARK: Elements

    /// The element of an array at a position that it has.
    func element(of array: Int, at position: Int) -> Int {
        let entry = document.tape[array]
        // Elements that hold nothing stand side by side.
        if Int(entry.next) - array - 1 == entry.count { return array + 1 + position }
        if entry.count <= Self.shortContainer || position == 0 {
            var cursor = array + 1
            for _ in 0..<position { cursor = end(cursor) }
            return cursor
        }
        if let known = positions[array] { return Int(known[position]) }
        var found: [UInt32] = []
        found.reserveCapacity(entry.count)
        document.tape.withUnsafeBufferPointer { tape in
            var cursor = array + 1
            while cursor < Int(entry.next) {
                found.append(UInt32(truncatingIfNeeded: cursor))
                cursor = Int(tape[cursor].next)
            }
        }
        positions[array] = found
        return Int(found[position])
    }

    /// All elements of an array.
    func elements(of array: Int) -> [Int] {
        var found: [Int] = []
        found.reserveCapacity(count(array))
        var cursor = array + 1
        while cursor < end(array) {
            found.append(cursor)
            cursor = end(cursor)
        }
        return found
    }

    // MARK: Members

    /// The name of an object's member, nil when it has none of that name; the value stands behind it.
    func member(of object: Int, named name: String) -> Int? {
        let entry = document.tape[object]
        guard entry.count > Self.shortContainer else {
            var cursor = object + 1
            while cursor < Int(entry.next) {
                if isName(cursor, name) { return cursor }
                cursor = end(cursor + 1)
            }
            return nil
        }
        if names[object] == nil { names[object] = NameIndex(of: view(object)) }
        return names[object]?.first(ExactName(name)) { isName($0, name) }
    }

    /// The name of an object's member that is called like a member of another document; a place on the tape where it may be
    /// saves looking for it.
    func counterpart(of name: Int, in other: TapeSource, within object: Int, guess: Int) -> Int? {
        // Most of the time members come in the same order.
        if guess < end(object), hasSameBytes(guess, as: other, name) { return guess }
        return member(of: object, named: other.view(name).string ?? "")
    }

    func isName(_ index: Int, _ name: String) -> Bool {
        let entry = document.tape[index]
        if entry.isEscaped { return view(index).equals(name) }
        var copy = name
        return copy.withUTF8 { name in
            guard Int(entry.length) == name.count + 2 else { return false }
            let start = Int(entry.offset) + 1
            return document.bytes.withUnsafeBufferPointer { bytes in
                for offset in 0..<name.count where bytes[start + offset] != name[offset] { return false }
                return true
            }
        }
    }

    /// The bytes of an object's names and values with a colon each.
    func memberBytes(of object: Int) -> Int {
        if let known = memberBytes[object] { return known }
        var sum = 0
        document.tape.withUnsafeBufferPointer { tape in
            var cursor = object + 1
            while cursor < Int(tape[object].next) {
                sum += Int(tape[cursor].length) + 1 + Int(tape[cursor + 1].length)
                cursor = Int(tape[cursor + 1].next)
            }
        }
        memberBytes[object] = sum
        return sum
    }

    // MARK: Heights

    /// Levels of nesting of a value: zero for a scalar.
    func height(_ index: Int) -> Int {
        let entry = document.tape[index]
        guard entry.kind == .array || entry.kind == .object else { return 0 }
        if heights.isEmpty { heights = Self.heights(document.tape) }
        return Int(heights[index])
    }

    /// From the end, so that what a container holds is known before it.
    private static func heights(_ tape: [JSONTapeEntry]) -> [UInt8] {
        var heights = [UInt8](repeating: 0, count: tape.count)
        for index in tape.indices.reversed() where tape[index].kind == .array || tape[index].kind == .object {
            var highest: UInt8 = 0
            var cursor = index + 1
            while cursor < Int(tape[index].next) {
                highest = max(highest, heights[cursor])
                cursor = Int(tape[cursor].next)
            }
            heights[index] = highest + 1
        }
        return heights
    }
}
