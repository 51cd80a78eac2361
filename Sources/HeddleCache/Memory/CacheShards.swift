import Glibc
import Synchronization

/// The shards of a cache, and the counter by which loads and removals are put in order.
///
/// Not generic, so that nothing on the path of a hit depends on the type of the values.
final class CacheShards: Sendable {
    let count: Int
    /// Beside each other in memory, since an array of objects would count references on each look-up.
    ///
    /// Never written after the beginning.
    private nonisolated(unsafe) let shards: UnsafeMutablePointer<CacheShard>
    private let shift: UInt64
    private let generations = Atomic<UInt64>(0)

    init(_ limits: CacheLimits, count: Int) {
        self.count = count
        shift = UInt64(64 - count.trailingZeroBitCount)
        shards = .allocate(capacity: count)
        for shard in 0..<count {
            let share = limits.share(shard, of: count)
            (shards + shard).initialize(to: CacheShard(entryLimit: share.entries, byteLimit: share.bytes))
        }
    }

    deinit {
        shards.deinitialize(count: count)
        shards.deallocate()
    }

    /// Four for each processor, so that two threads seldom meet, but none with fewer than eight entries, and none that is too
    /// small for a large value.
    static func defaultCount(_ limits: CacheLimits) -> Int {
        let processors = max(2, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        let wanted = min(256, processors * 4)
        var count = 1
        while count < wanted, count * 8 < limits.entries, count * smallestShare < limits.bytes { count *= 2 }
        return count
    }

    private static let smallestShare = 4 << 20

    /// By bits that the tables of the shards do not use.
    @inline(__always)
    private func shard(_ key: CacheKey) -> UnsafeMutablePointer<CacheShard> {
        // A shift by 64 gives zero.
        shards + Int(truncatingIfNeeded: key.high >> shift)
    }

    /// A number that is greater than all before.
    func nextGeneration() -> UInt64 { generations.add(1, ordering: .relaxed).newValue }

    func lookup(_ key: CacheKey, now: Int64) -> CacheStore.Found { shard(key).pointee.lookup(key, now: now) }

    func insert(_ fill: CacheFill, _ tags: [CacheTag], now: Int64) -> Bool {
        shard(fill.key).pointee.insert(fill, tags, now: now)
    }

    func remove(_ key: CacheKey) -> Bool { shard(key).pointee.remove(key, nextGeneration()) }

    func remove(_ tag: CacheTag) {
        let generation = nextGeneration()
        for shard in 0..<count { shards[shard].remove(tag, generation) }
    }

    func removeAll() {
        let generation = nextGeneration()
        for shard in 0..<count { shards[shard].removeAll(generation) }
    }

    func resize(_ limits: CacheLimits) {
        for shard in 0..<count {
            let share = limits.share(shard, of: count)
            shards[shard].resize(entryLimit: share.entries, byteLimit: share.bytes)
        }
    }

    func removeExpired(now: Int64, limit: Int) -> Int {
        var removed = 0
        for shard in 0..<count {
            let share = limit / count + (shard < limit % count ? 1 : 0)
            removed += shards[shard].removeExpired(now: now, limit: share)
        }
        return removed
    }

    var statistics: CacheStatistics {
        var sum = CacheStatistics()
        for shard in 0..<count { sum += shards[shard].statistics }
        return sum
    }
}
