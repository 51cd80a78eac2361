/// A value and what a cache has to know of it.
struct CacheFill: Sendable {
    let key: CacheKey
    let object: any CachedObject
    let bytes: Int
    let freshUntil: Int64
    let aliveUntil: Int64
    let generation: UInt64
}

/// Objects that left a shard and are let go after the lock.
struct Discarded: Sendable {
    private var first: (any CachedObject)?
    private var rest: [any CachedObject] = []

    /// The first takes no memory: mostly one entry makes room for one.
    mutating func add(_ object: consuming (any CachedObject)?) {
        guard let object else { return }
        if first == nil { first = object } else { rest.append(object) }
    }
}

extension CacheStore {
    /// What a look-up found; an object without ticks is one that died.
    struct Found {
        let object: (any CachedObject)?
        /// Until it is no longer fresh; below zero since when; nil for a miss.
        let ticks: Int64?
    }

    @inline(__always)
    mutating func lookup(_ key: CacheKey, now: Int64) -> Found {
        let slot = find(key)
        guard slot != Self.none else {
            statistics.misses &+= 1
            return Found(object: nil, ticks: nil)
        }
        let entry = entries + Int(slot)
        guard entry.pointee.aliveUntil > now else {
            statistics.misses &+= 1
            statistics.expirations &+= 1
            return Found(object: take(slot), ticks: nil)
        }
        // Without the question each hit would take the line from the other processors.
        if !entry.pointee.isVisited { entry.pointee.isVisited = true }
        let ticks = entry.pointee.freshUntil &- now
        if ticks > 0 { statistics.hits &+= 1 } else { statistics.staleHits &+= 1 }
        return Found(object: entry.pointee.object, ticks: ticks)
    }

    mutating func insert(_ fill: CacheFill, _ tags: [CacheTag], now: Int64, _ discarded: inout Discarded) -> Bool {
        guard fill.bytes <= byteLimit, entryLimit > 0, fill.aliveUntil > now else {
            statistics.refused += 1
            return false
        }
        guard !isOutdated(fill.key, tags, fill.generation) else {
            statistics.outdated += 1
            return false
        }
        let slot = find(fill.key)
        var isVisited = false
        if slot != Self.none {
            if entries[Int(slot)].generation > fill.generation, entries[Int(slot)].aliveUntil > now {
                statistics.outdated += 1
                return false
            }
            isVisited = entries[Int(slot)].isVisited
            discarded.add(take(slot))
        }
        makeRoom(fill.bytes, now: now, &discarded)
        let entry = Entry(
            key: fill.key,
            object: fill.object,
            freshUntil: fill.freshUntil,
            aliveUntil: fill.aliveUntil,
            generation: fill.generation,
            newer: Self.none,
            older: Self.none,
            tags: Self.none,
            isVisited: isVisited
        )
        add(entry, tags, bytes: fill.bytes)
        statistics.inserts += 1
        return true
    }

    private mutating func makeRoom(_ bytes: Int, now: Int64, _ discarded: inout Discarded) {
        while statistics.entries >= entryLimit || statistics.bytes > byteLimit - bytes {
            discarded.add(evict(now: now))
        }
    }

    mutating func remove(_ key: CacheKey, _ generation: UInt64) -> (any CachedObject)? {
        noteRemoval(key, generation)
        let slot = find(key)
        guard slot != Self.none else { return nil }
        statistics.removals += 1
        return take(slot)
    }

    /// Removes some of the entries with a tag, those first that have had it for the longest time.
    mutating func remove(_ tag: CacheTag, limit: Int, _ discarded: inout Discarded) {
        for _ in 0..<limit {
            let slot = tagIndex.oldest(tag)
            guard slot != Self.none else { return }
            statistics.removals += 1
            discarded.add(take(slot))
        }
    }

    /// Puts the entries of another store into this one, from the oldest to the newest, each time what is worth the least
    /// makes room.
    mutating func moveEntries(from other: inout CacheStore, _ discarded: inout Discarded) {
        while other.oldest != Self.none {
            let slot = other.oldest
            var entry = other.entries[Int(slot)]
            let bytes = other.sizes[Int(slot)]
            let tags = entry.tags == Self.none ? [] : other.tagIndex.tags(entry.tags)
            entry.object = other.take(slot)
            guard bytes <= byteLimit, entryLimit > 0 else {
                statistics.evictions += 1
                discarded.add(entry.object)
                continue
            }
            // No entry is too old for this.
            makeRoom(bytes, now: .min, &discarded)
            add(entry, tags, bytes: bytes)
        }
    }
}
