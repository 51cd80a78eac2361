/// Where each id is: a table of hashes and slots, open addressing, some 12 bytes an id.
///
/// The ids themselves stay in the rows: the caller says whether a slot has the one that is looked for.
struct IDTable: Sendable {
    /// The upper half is the hash, the lower the slot and one; 0 is free, and a lower half of 0 was taken once.
    private(set) var entries: [UInt64]
    private(set) var count: Int
    private var used: Int
    let seed: UInt64

    init(seed: UInt64, capacity: Int = 64) {
        self.seed = seed
        entries = [UInt64](repeating: 0, count: max(capacity, 64))
        count = 0
        used = 0
    }

    /// A table that was stored.
    init(seed: UInt64, entries: [UInt64]) {
        self.seed = seed
        self.entries = entries.isEmpty ? [UInt64](repeating: 0, count: 64) : entries
        count = entries.reduce(0) { $0 + ($1 & 0xFFFF_FFFF != 0 ? 1 : 0) }
        used = entries.reduce(0) { $0 + ($1 != 0 ? 1 : 0) }
        if used * 5 > self.entries.count * 4 { rebuild() }
    }

    /// The hash of an id, never 0, by a secret of the collection so that nobody can choose ids that collide.
    func hash(_ id: UnsafeRawBufferPointer) -> UInt32 {
        var state = seed ^ UInt64(truncatingIfNeeded: id.count) &* 0x9E37_79B9_7F4A_7C15
        var offset = 0
        while offset + 8 <= id.count {
            state = Self.mix(state ^ id.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var rest: UInt64 = 0
        while offset < id.count {
            rest = rest << 8 | UInt64(id[offset])
            offset += 1
        }
        return UInt32(truncatingIfNeeded: Self.mix(state ^ rest) >> 32) | 1
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        // Both halves of the word have to depend on all of it: the table goes by the upper one.
        var bits = value
        bits = (bits ^ bits >> 32) &* 0xD6E8_FEB8_6659_FD93
        bits = (bits ^ bits >> 29) &* 0xBF58_476D_1CE4_E5B9
        return bits ^ bits >> 32
    }

    private func first(_ hash: UInt32) -> Int { Int((UInt64(hash) &* UInt64(entries.count)) >> 32) }

    /// The slot of an id; `isMatch` says whether a slot has it.
    func slot(_ hash: UInt32, _ isMatch: (UInt32) -> Bool) -> UInt32? {
        index(hash, isMatch).map { UInt32(truncatingIfNeeded: entries[$0]) - 1 }
    }

    private func index(_ hash: UInt32, _ isMatch: (UInt32) -> Bool) -> Int? {
        var index = first(hash)
        while entries[index] != 0 {
            let entry = entries[index]
            let slot = UInt32(truncatingIfNeeded: entry)
            if slot != 0, UInt32(entry >> 32) == hash, isMatch(slot - 1) { return index }
            index = index + 1 == entries.count ? 0 : index + 1
        }
        return nil
    }

    /// Puts an id to a slot, and returns the one that it had.
    mutating func update(_ hash: UInt32, slot: UInt32, _ isMatch: (UInt32) -> Bool) -> UInt32? {
        if let index = index(hash, isMatch) {
            let old = UInt32(truncatingIfNeeded: entries[index]) - 1
            entries[index] = UInt64(hash) << 32 | UInt64(slot + 1)
            return old
        }
        if (used + 1) * 5 > entries.count * 4 { rebuild() }
        insert(UInt64(hash) << 32 | UInt64(slot + 1))
        return nil
    }

    /// Forgets an id, and returns the slot that it had.
    mutating func remove(_ hash: UInt32, _ isMatch: (UInt32) -> Bool) -> UInt32? {
        guard let index = index(hash, isMatch) else { return nil }
        let old = UInt32(truncatingIfNeeded: entries[index]) - 1
        entries[index] = UInt64(hash) << 32
        count -= 1
        return old
    }

    /// Forgets the ids of some slots.
    mutating func removeAll(where isGone: (UInt32) -> Bool) {
        for index in entries.indices {
            let slot = UInt32(truncatingIfNeeded: entries[index])
            guard slot != 0, isGone(slot - 1) else { continue }
            entries[index] &= 0xFFFF_FFFF_0000_0000
            count -= 1
        }
    }

    private mutating func insert(_ entry: UInt64) {
        var index = first(UInt32(entry >> 32))
        while entries[index] != 0 { index = index + 1 == entries.count ? 0 : index + 1 }
        entries[index] = entry
        count += 1
        used += 1
    }

    private mutating func rebuild() {
        let old = entries
        entries = [UInt64](repeating: 0, count: max(64, (count + 1) * 9 / 5))
        count = 0
        used = 0
        for entry in old where entry & 0xFFFF_FFFF != 0 { insert(entry) }
    }

    var memory: Int { entries.count * 8 }
}
