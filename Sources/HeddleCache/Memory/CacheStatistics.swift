/// What a cache has done since it was made, and what it holds.
package struct CacheStatistics: Sendable, Hashable {
    /// Look-ups that found a fresh value.
    package var hits = 0
    /// Look-ups that found a value past its time to live.
    package var staleHits = 0
    package var misses = 0
    package var inserts = 0
    /// Values that were larger than a shard's share, or would have been dead at once.
    package var refused = 0
    /// Values that were loaded before something was removed, or before the value that is there.
    package var outdated = 0
    /// Entries that made room.
    package var evictions = 0
    package var expirations = 0
    /// Entries that were removed by their key, a tag, or with all.
    package var removals = 0
    package var entries = 0
    package var bytes = 0

    package init() {}

    static func += (sum: inout CacheStatistics, other: CacheStatistics) {
        sum.hits += other.hits
        sum.staleHits += other.staleHits
        sum.misses += other.misses
        sum.inserts += other.inserts
        sum.refused += other.refused
        sum.outdated += other.outdated
        sum.evictions += other.evictions
        sum.expirations += other.expirations
        sum.removals += other.removals
        sum.entries += other.entries
        sum.bytes += other.bytes
    }
}
