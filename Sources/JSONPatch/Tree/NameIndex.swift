import JSON

/// The names of a large object by their hashes, seeded for this process so that nobody can make many names collide.
struct NameIndex {
    /// Places on the tape in a table with open addressing; zero, which is never a name, where there is none.
    private var slots: [UInt32]
    private let mask: Int

    init(of object: JSONView) {
        var capacity = 32
        while capacity < object.count * 2 { capacity *= 2 }
        slots = [UInt32](repeating: 0, count: capacity)
        mask = capacity - 1
        let tape = object.document.tape
        var cursor = object.index + 1
        object.document.bytes.withUnsafeBytes { bytes in
            while cursor < Int(tape[object.index].next) {
                let entry = tape[cursor]
                var hasher = Hasher()
                if entry.isEscaped {
                    let name = JSONView(document: object.document, index: cursor).string
                    ExactName(name ?? "").hash(into: &hasher)
                } else {
                    let range = (entry.range.lowerBound + 1)..<(entry.range.upperBound - 1)
                    hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: bytes[range]))
                }
                insert(cursor, hasher.finalize())
                cursor = Int(tape[cursor + 1].next)
            }
        }
    }

    private mutating func insert(_ name: Int, _ hash: Int) {
        var slot = hash & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = UInt32(truncatingIfNeeded: name)
    }

    /// The first name with the hash of another that passes a test.
    func first(_ name: ExactName, where isMatch: (Int) -> Bool) -> Int? {
        var hasher = Hasher()
        name.hash(into: &hasher)
        var slot = hasher.finalize() & mask
        while slots[slot] != 0 {
            if isMatch(Int(slots[slot])) { return Int(slots[slot]) }
            slot = (slot + 1) & mask
        }
        return nil
    }
}
