/// Where a hash is found among slots: open addressing with linear probing, 8 bytes a bucket.
///
/// A bucket has the 32 bits of the hash that give its place, so that neither a search nor a removal looks at slots of
/// other hashes. What is removed leaves no mark: those behind move up.
struct SlotTable: ~Copyable {
    static let none = UInt32.max

    /// The hash in the upper half and the slot plus one in the lower; zero is empty.
    private var memory: ZeroedMemory<UInt64>
    private var mask: Int
    private var count = 0

    @inline(__always)
    private var buckets: UnsafeMutablePointer<UInt64> { memory.start }

    /// A table that has room for some slots at a load of two thirds at most.
    init(slots: Int) {
        var size = 16
        while size * 2 < slots * 3 { size *= 2 }
        memory = ZeroedMemory(count: size)
        mask = size - 1
    }

    /// The slot that has a hash and is the right one of those that have it.
    @inline(__always)
    func find(_ hash: UInt32, where isRight: (UInt32) -> Bool) -> UInt32 {
        var place = Int(hash) & mask
        while true {
            let bucket = buckets[place]
            if bucket == 0 { return Self.none }
            if UInt32(truncatingIfNeeded: bucket >> 32) == hash {
                let slot = UInt32(truncatingIfNeeded: bucket) &- 1
                if isRight(slot) { return slot }
            }
            place = (place &+ 1) & mask
        }
    }

    mutating func insert(_ hash: UInt32, _ slot: UInt32) {
        if (count + 1) * 3 > (mask + 1) * 2 { grow() }
        count += 1
        put(UInt64(hash) << 32 | UInt64(slot + 1))
    }

    private func put(_ bucket: UInt64) {
        var place = Int(bucket >> 32) & mask
        while buckets[place] != 0 { place = (place &+ 1) & mask }
        buckets[place] = bucket
    }

    private mutating func grow() {
        let size = mask + 1
        var old = ZeroedMemory<UInt64>(count: size * 2)
        swap(&memory, &old)
        mask = size * 2 - 1
        for place in 0..<size where old.start[place] != 0 { put(old.start[place]) }
    }

    /// Removes a slot that is there.
    mutating func remove(_ hash: UInt32, _ slot: UInt32) {
        let bucket = UInt64(hash) << 32 | UInt64(slot + 1)
        var hole = Int(hash) & mask
        while buckets[hole] != bucket { hole = (hole &+ 1) & mask }
        count -= 1
        var place = hole
        while true {
            place = (place &+ 1) & mask
            let next = buckets[place]
            if next == 0 { break }
            // It may move up if its own place is not between the hole and where it stands.
            let distance = (place &- Int(next >> 32)) & mask
            if distance >= (place &- hole) & mask {
                buckets[hole] = next
                hole = place
            }
        }
        buckets[hole] = 0
    }
}
