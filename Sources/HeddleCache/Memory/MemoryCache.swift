/// A cache in the memory of this process: sharded, bounded by entries and by bytes, with a time to live for each entry.
///
/// Values are objects: a hit then costs a lock and a reference, whatever is behind it, and no code on its way depends on
/// their type.
///
/// A load that was overtaken must not leave an old value behind. Take a ``generation()`` before the load begins and give
/// it with the value: when the key, one of the tags or all was removed in between, or a load that began later has put its
/// value there, the insert does nothing.
///
/// ```swift
/// switch cache.lookup(key, now: now) {
/// case .fresh(let value, _): return value
/// case .stale(let value, _): refresh(key); return value
/// case .miss:
///     let generation = cache.generation()
///     let value = try load()
///     cache.insert(key, value, bytes: value.count, ttl: .seconds(60), generation: generation, now: clock.now)
/// }
/// ```
package final class MemoryCache<Value: CachedObject>: Sendable {
    /// What a cache says of a key.
    package enum Lookup: Sendable {
        case miss
        /// A value within its time to live, and how much of that remains.
        case fresh(Value, remaining: Duration)
        /// A value past its time to live by some time but within its stale window: good for now, to be loaded again.
        case stale(Value, overdue: Duration)
    }

    private let shards: CacheShards

    /// Makes an empty cache; its memory is used as entries come.
    ///
    /// The number of shards is a power of two, by default chosen by the number of processors. A shard has its share of the
    /// limits, and a value larger than that share is refused.
    package init(_ limits: CacheLimits, shards: Int? = nil) {
        let count = shards ?? CacheShards.defaultCount(limits)
        precondition(count > 0 && count & (count - 1) == 0, "the number of shards is a power of two")
        self.shards = CacheShards(limits, count: count)
    }

    package func lookup(_ key: CacheKey, now: ContinuousClock.Instant) -> Lookup {
        lookup(key, ticks: CacheTime.ticks(now))
    }

    /// Looks up several keys; the answers are in their order.
    package func lookup(_ keys: [CacheKey], now: ContinuousClock.Instant) -> [Lookup] {
        let ticks = CacheTime.ticks(now)
        return keys.map { lookup($0, ticks: ticks) }
    }

    private func lookup(_ key: CacheKey, ticks now: Int64) -> Lookup {
        let found = shards.lookup(key, now: now)
        guard let ticks = found.ticks, let object = found.object else { return .miss }
        // Only values go in.
        let value = unsafeDowncast(object, to: Value.self)
        if ticks > 0 { return .fresh(value, remaining: CacheTime.duration(ticks)) }
        return .stale(value, overdue: CacheTime.duration(-ticks))
    }

    /// What a load takes before it begins and gives with its value.
    package func generation() -> UInt64 { shards.nextGeneration() }

    /// Puts a value in, in the place of an older one.
    ///
    /// It is fresh for its time to live and then given as stale for as long as `stale` says. Tags are few, since each takes
    /// time and memory. The generation was taken before the value was loaded.
    ///
    /// - Returns: false when the value is too large for a shard, would be dead at once or was overtaken.
    @discardableResult
    package func insert(
        _ key: CacheKey,
        _ value: Value,
        bytes: Int,
        ttl: Duration,
        stale: Duration = .zero,
        tags: [CacheTag] = [],
        generation: UInt64,
        now: ContinuousClock.Instant
    ) -> Bool {
        let now = CacheTime.ticks(now)
        let freshUntil = CacheTime.moment(ttl, after: now)
        let fill = CacheFill(
            key: key,
            object: value,
            bytes: max(0, bytes),
            freshUntil: freshUntil,
            aliveUntil: CacheTime.moment(stale, after: freshUntil),
            generation: generation
        )
        return shards.insert(fill, tags, now: now)
    }

    /// Removes an entry, and keeps out the values of loads that have begun.
    ///
    /// - Returns: whether it was there.
    @discardableResult
    package func remove(_ key: CacheKey) -> Bool { shards.remove(key) }

    /// Removes all entries with a tag; costs as much as it removes.
    ///
    /// A look-up meanwhile may still find one of them; none does after it has returned.
    package func remove(tag: CacheTag) { shards.remove(tag) }

    package func removeAll() { shards.removeAll() }

    /// Removes some of the entries that are dead but were not asked for; each call goes on where the last one ended.
    ///
    /// The limit is how many places are looked at.
    ///
    /// - Returns: the number of entries that were removed.
    @discardableResult
    package func removeExpired(now: ContinuousClock.Instant, limit: Int) -> Int {
        shards.removeExpired(now: CacheTime.ticks(now), limit: limit)
    }

    /// Changes the limits; when they shrink, what is worth the least goes.
    ///
    /// Each shard is locked while its entries move.
    package func resize(_ limits: CacheLimits) { shards.resize(limits) }

    package var statistics: CacheStatistics { shards.statistics }
}
