import Dispatch
import HeddleCache
import HeddleTestSupport
import Synchronization
import Testing

@Suite("The cache in memory with several threads")
struct MemoryCacheConcurrencyTests {
    /// What the values are loaded from: a version of each row, which only grows.
    private final class Rows: Sendable {
        static let count = 64
        let versions = Mutex([Int](repeating: 0, count: count))
        /// Up to which version the removals have returned.
        private let removed = Mutex([Int](repeating: 0, count: count))

        func read(_ row: Int) -> Int { versions.withLock { $0[row] } }

        /// Changes a row and then removes what is known of it.
        func write(_ row: Int, _ remove: () -> Void) {
            let version = versions.withLock { versions in
                versions[row] += 1
                return versions[row]
            }
            remove()
            removed.withLock { $0[row] = max($0[row], version) }
        }

        func lowest(_ row: Int) -> Int { removed.withLock { $0[row] } }
    }

    private static func key(_ row: Int) -> CacheKey {
        var hasher = CacheKey.Hasher()
        hasher.combine(row)
        return hasher.finalize()
    }

    @Test("never gives a value from before a change whose removal has returned")
    func coherence() {
        let cache = MemoryCache<Held>(CacheLimits(entries: 48, bytes: 10_000), shards: 4)
        let (rows, now) = (Rows(), ContinuousClock.now)
        let keys = (0..<Rows.count).map(Self.key)
        let (hits, old) = (Counter(), Counter())
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            var random = SplitMix64(seed: UInt64(thread))
            for _ in 0..<20_000 {
                let row = Int.random(in: 0..<Rows.count, using: &random)
                switch Int.random(in: 0..<40, using: &random) {
                case 0: rows.write(row) { cache.remove(keys[row]) }
                case 1: rows.write(row) { cache.remove(tag: CacheTag(row)) }
                case 2 where row == 0: rows.write(row) { cache.removeAll() }
                case 3 where row == 1:
                    cache.resize(CacheLimits(entries: 40 + thread, bytes: 10_000))
                case 4: cache.removeExpired(now: now + .seconds(2), limit: 4)
                default:
                    let lowest = rows.lowest(row)
                    let generation = cache.generation()
                    let version = rows.read(row)
                    if case .fresh(let value, _) = cache.lookup(keys[row], now: now) {
                        hits.add()
                        if value.number < lowest { old.add() }
                    } else {
                        cache.insert(
                            keys[row],
                            Held(version),
                            bytes: 1,
                            ttl: .seconds(1),
                            tags: [CacheTag(row), CacheTag(-1)],
                            generation: generation,
                            now: now
                        )
                    }
                }
            }
        }
        #expect(old.value == 0)
        #expect(hits.value > 1_000)
        // All removals have returned: what is there is the newest.
        for row in 0..<Rows.count {
            if case .fresh(let value, _) = cache.lookup(keys[row], now: now) { #expect(value.number == rows.read(row)) }
        }
        cache.remove(tag: CacheTag(-1))
        #expect(cache.statistics.entries == 0)
    }

    @Test("stays within its limits at any moment")
    func bounds() {
        let limits = CacheLimits(entries: 300, bytes: 3_000)
        let cache = MemoryCache<Held>(limits, shards: 8)
        let now = ContinuousClock.now
        let (over, wrong) = (Counter(), Counter())
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            var random = SplitMix64(seed: UInt64(thread))
            for step in 0..<20_000 {
                let number = Int.random(in: 0..<1_000, using: &random)
                let key = Self.key(number)
                switch cache.lookup(key, now: now) {
                case .fresh(let value, _), .stale(let value, _):
                    if value.number != number { wrong.add() }
                case .miss:
                    cache.insert(
                        key,
                        Held(number),
                        bytes: number % 30,
                        ttl: .seconds(1),
                        tags: [CacheTag(number % 10)],
                        generation: cache.generation(),
                        now: now
                    )
                }
                guard step % 100 == 0 else { continue }
                let statistics = cache.statistics
                if statistics.entries > limits.entries || statistics.bytes > limits.bytes {
                    over.add()
                }
            }
        }
        #expect(over.value == 0 && wrong.value == 0)
        let statistics = cache.statistics
        #expect(statistics.hits + statistics.misses == 80_000)
        // Two threads that miss at once replace each other's entry.
        #expect(statistics.inserts - statistics.evictions - statistics.removals >= statistics.entries)
    }
}
