import Synchronization

/// A part of a cache behind a lock of its own.
struct CacheShard: ~Copyable, Sendable {
    private let store: Mutex<CacheStore>
    /// Entries that are removed under one lock: a look-up waits for no more than these.
    private static let slice = 256

    init(entryLimit: Int, byteLimit: Int) {
        store = Mutex(CacheStore(entryLimit: entryLimit, byteLimit: byteLimit))
    }

    @inline(__always)
    func lookup(_ key: CacheKey, now: Int64) -> CacheStore.Found {
        store.withLock { $0.lookup(key, now: now) }
    }

    func insert(_ fill: CacheFill, _ tags: [CacheTag], now: Int64) -> Bool {
        var discarded = Discarded()
        return store.withLock { $0.insert(fill, tags, now: now, &discarded) }
    }

    func remove(_ key: CacheKey, _ generation: UInt64) -> Bool {
        store.withLock { $0.remove(key, generation) } != nil
    }

    /// Removes the entries that have a tag now; others may get it meanwhile.
    func remove(_ tag: CacheTag, _ generation: UInt64) {
        var rest = store.withLock { store in
            store.noteRemoval(tag, generation)
            return store.tagIndex.count(tag)
        }
        while rest > 0 {
            var discarded = Discarded()
            store.withLock { $0.remove(tag, limit: min(rest, Self.slice), &discarded) }
            rest -= Self.slice
        }
    }

    /// Exchanges the store for an empty one, so that the old one is taken apart after the lock.
    func removeAll(_ generation: UInt64) {
        let (entryLimit, byteLimit) = store.withLock { ($0.entryLimit, $0.byteLimit) }
        var other = CacheStore(entryLimit: entryLimit, byteLimit: byteLimit)
        store.withLock { store in
            // Resized meanwhile.
            if store.entryLimit != entryLimit || store.byteLimit != byteLimit {
                other = CacheStore(entryLimit: store.entryLimit, byteLimit: store.byteLimit)
            }
            other.inherit(from: store)
            other.statistics.removals += store.statistics.entries
            other.noteRemovalOfAll(generation)
            swap(&store, &other)
        }
    }

    func resize(entryLimit: Int, byteLimit: Int) {
        var discarded = Discarded()
        var other = CacheStore(entryLimit: entryLimit, byteLimit: byteLimit)
        store.withLock { store in
            other.inherit(from: store)
            other.moveEntries(from: &store, &discarded)
            swap(&store, &other)
        }
    }

    /// Looks at so many slots at most and removes the dead entries in them.
    ///
    /// - Returns: the number of entries that were removed.
    func removeExpired(now: Int64, limit: Int) -> Int {
        var (rest, removed) = (limit, 0)
        while rest > 0 {
            var discarded = Discarded()
            var part = min(rest, Self.slice)
            rest -= part
            let count = store.withLock { store in
                let before = store.statistics.entries
                while let object = store.takeExpired(now: now, limit: &part) { discarded.add(object) }
                return before - store.statistics.entries
            }
            removed += count
            // The end of the slots.
            if part > 0 { break }
        }
        return removed
    }

    var statistics: CacheStatistics { store.withLock { $0.statistics } }
}
