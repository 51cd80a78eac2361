/// What a cache holds: any object that threads may share.
package typealias CachedObject = AnyObject & Sendable

/// The entries of one shard: flat memory with lists of indices in it, no object for an entry.
///
/// Eviction is SIEVE (Zhang et al. 2024): entries stand in the order of their insertion, a hit only marks one, and a hand
/// that goes from old to new evicts the first without a mark and takes the marks of those that it passes. A hit writes at
/// most to the entry itself, where an LRU list writes to four others, and one-time entries go sooner.
///
/// Not safe by itself; see ``CacheShard``. Objects that leave are handed out, to be let go after the lock: what they do
/// then may take time, or come back.
struct CacheStore: ~Copyable {
    static let none = SlotTable.none
    /// Marks that the hand takes away before it evicts what it has come to: nobody waits for a walk through the shard.
    static let maximumChances = 64
    /// Of the marks of removals, which are shared by all keys and tags that fall on one.
    private static let removalMarks = 1024

    /// 64 bytes, one line of the processor's cache.
    struct Entry {
        var key: CacheKey
        /// Nil in a slot that is free.
        var object: (any CachedObject)?
        var freshUntil: Int64
        var aliveUntil: Int64
        var generation: UInt64
        /// In a slot that is free the next free one.
        var newer: UInt32
        var older: UInt32
        var tags: UInt32
        var isVisited: Bool
    }

    let entryLimit: Int
    let byteLimit: Int
    var statistics = CacheStatistics()

    private var table: SlotTable
    var tagIndex = TagIndex()
    private let slots: ZeroedMemory<Entry>
    private let slotBytes: ZeroedMemory<Int>
    /// The generation of the last removal, by the hash of what was removed.
    private let removals = ZeroedMemory<UInt64>(count: removalMarks)
    private var removedAll: UInt64 = 0

    /// Slots that were ever used.
    private(set) var used: UInt32 = 0
    private var freeSlot = none
    var newest = none
    var oldest = none
    private var hand = none
    private var sweep: UInt32 = 0

    init(entryLimit: Int, byteLimit: Int) {
        self.entryLimit = min(max(0, entryLimit), 1 << 28)
        self.byteLimit = max(0, byteLimit)
        table = SlotTable(slots: self.entryLimit)
        slots = ZeroedMemory(count: self.entryLimit)
        slotBytes = ZeroedMemory(count: self.entryLimit)
    }

    deinit {
        for slot in 0..<Int(used) { entries[slot].object = nil }
    }

    @inline(__always)
    var entries: UnsafeMutablePointer<Entry> { slots.start }
    /// What the entries count for, apart from them since a hit does not ask.
    var sizes: UnsafeMutablePointer<Int> { slotBytes.start }

    @inline(__always)
    private static func hash(_ key: CacheKey) -> UInt32 { UInt32(truncatingIfNeeded: key.low) }

    @inline(__always)
    func find(_ key: CacheKey) -> UInt32 {
        table.find(Self.hash(key)) { entries[Int($0)].key == key }
    }

    // MARK: Removals before the end of a load

    private static func mark(_ key: CacheKey) -> Int { Int(truncatingIfNeeded: key.low >> 32) & (removalMarks - 1) }
    private static func mark(_ tag: CacheTag) -> Int { Int(truncatingIfNeeded: tag.bits >> 32) & (removalMarks - 1) }

    /// Whether the key or a tag may have been removed since the generation.
    func isOutdated(_ key: CacheKey, _ tags: [CacheTag], _ generation: UInt64) -> Bool {
        if removedAll > generation || removals.start[Self.mark(key)] > generation { return true }
        return tags.contains { removals.start[Self.mark($0)] > generation }
    }

    mutating func noteRemoval(_ key: CacheKey, _ generation: UInt64) {
        removals.start[Self.mark(key)] = max(removals.start[Self.mark(key)], generation)
    }

    mutating func noteRemoval(_ tag: CacheTag, _ generation: UInt64) {
        removals.start[Self.mark(tag)] = max(removals.start[Self.mark(tag)], generation)
    }

    mutating func noteRemovalOfAll(_ generation: UInt64) { removedAll = max(removedAll, generation) }

    /// Takes over what was done and removed before from a store that this one replaces.
    mutating func inherit(from other: borrowing CacheStore) {
        let (entries, bytes) = (statistics.entries, statistics.bytes)
        statistics = other.statistics
        (statistics.entries, statistics.bytes) = (entries, bytes)
        removedAll = other.removedAll
        removals.start.update(from: other.removals.start, count: Self.removalMarks)
    }

    // MARK: Slots

    /// Puts an entry into a free slot at the new end.
    mutating func add(_ entry: consuming Entry, _ tags: [CacheTag], bytes: Int) {
        var slot = freeSlot
        if slot == Self.none {
            slot = used
            used += 1
        } else {
            freeSlot = entries[Int(slot)].newer
        }
        entry.newer = Self.none
        entry.older = newest
        entry.tags = tags.isEmpty ? Self.none : tagIndex.add(tags, to: slot)
        if newest == Self.none { oldest = slot } else { entries[Int(newest)].newer = slot }
        newest = slot
        table.insert(Self.hash(entry.key), slot)
        entries[Int(slot)] = entry
        sizes[Int(slot)] = bytes
        statistics.entries += 1
        statistics.bytes += bytes
    }

    /// Takes an entry out and gives its object.
    mutating func take(_ slot: UInt32) -> (any CachedObject)? {
        let entry = entries + Int(slot)
        let (newer, older) = (entry.pointee.newer, entry.pointee.older)
        if hand == slot { hand = newer }
        if newer == Self.none { newest = older } else { entries[Int(newer)].older = older }
        if older == Self.none { oldest = newer } else { entries[Int(older)].newer = newer }
        table.remove(Self.hash(entry.pointee.key), slot)
        if entry.pointee.tags != Self.none { tagIndex.remove(entry.pointee.tags) }
        statistics.entries -= 1
        statistics.bytes -= sizes[Int(slot)]
        let object = entry.pointee.object.take()
        entry.pointee.newer = freeSlot
        freeSlot = slot
        return object
    }

    /// Takes out the entry that is worth the least.
    mutating func evict(now: Int64) -> (any CachedObject)? {
        var slot = hand == Self.none ? oldest : hand
        var chances = Self.maximumChances
        while entries[Int(slot)].isVisited, entries[Int(slot)].aliveUntil > now, chances > 0 {
            entries[Int(slot)].isVisited = false
            chances -= 1
            slot = entries[Int(slot)].newer
            if slot == Self.none { slot = oldest }
        }
        if entries[Int(slot)].aliveUntil > now { statistics.evictions += 1 } else { statistics.expirations += 1 }
        hand = slot
        return take(slot)
    }

    /// Takes the next dead entry out of the slots from where the last sweep ended.
    ///
    /// The limit is how many may still be looked at, and is counted down.
    mutating func takeExpired(now: Int64, limit: inout Int) -> (any CachedObject)? {
        while limit > 0, sweep < used {
            limit -= 1
            let slot = sweep
            sweep += 1
            guard entries[Int(slot)].object != nil, entries[Int(slot)].aliveUntil <= now else { continue }
            statistics.expirations += 1
            return take(slot)
        }
        if sweep >= used { sweep = 0 }
        return nil
    }
}

// Its memory is its own alone, and the objects in it may be shared.
extension CacheStore: @unchecked Sendable {}
