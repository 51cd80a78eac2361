import HeddleCache
import Testing

@Suite("The cache in memory")
struct MemoryCacheTests {
    private let now = ContinuousClock.now

    private static func key(_ number: Int) -> CacheKey {
        var hasher = CacheKey.Hasher(secret: CacheSecret(low: 1, high: 2))
        hasher.combine(number)
        return hasher.finalize()
    }

    @discardableResult
    private func insert(
        _ number: Int,
        into cache: MemoryCache<Held>,
        bytes: Int = 10,
        ttl: Duration = .seconds(1),
        stale: Duration = .zero,
        tags: [CacheTag] = []
    ) -> Bool {
        cache.insert(
            Self.key(number),
            Held(number),
            bytes: bytes,
            ttl: ttl,
            stale: stale,
            tags: tags,
            generation: cache.generation(),
            now: now
        )
    }

    private func isThere(_ number: Int, in cache: MemoryCache<Held>) -> Bool {
        if case .fresh = cache.lookup(Self.key(number), now: now) { true } else { false }
    }

    @Test("gives a value fresh, then stale, then no more")
    func lifetime() throws {
        let cache = MemoryCache<Held>(CacheLimits(entries: 100, bytes: 1_000))
        insert(1, into: cache, ttl: .seconds(10), stale: .seconds(5))
        func look(_ seconds: Double) -> MemoryCache<Held>.Lookup {
            cache.lookup(Self.key(1), now: now + .milliseconds(Int(seconds * 1000)))
        }
        guard case .fresh(let value, let remaining) = look(4) else {
            Issue.record("not fresh")
            return
        }
        #expect(value.number == 1)
        #expect(abs((remaining - .seconds(6)).attoseconds) < 5_000_000_000)
        guard case .stale(_, let overdue) = look(10) else {
            Issue.record("not stale")
            return
        }
        #expect(abs(overdue.attoseconds) < 5_000_000_000)
        guard case .stale = look(14.999) else {
            Issue.record("not stale")
            return
        }
        #expect(cache.statistics.entries == 1)
        guard case .miss = look(15) else {
            Issue.record("not dead")
            return
        }
        let statistics = cache.statistics
        #expect(statistics.entries == 0 && statistics.bytes == 0 && statistics.expirations == 1)
        #expect(statistics.hits == 1 && statistics.staleHits == 2 && statistics.misses == 1)
    }

    @Test("takes times without end")
    func endless() {
        let cache = MemoryCache<Held>(CacheLimits(entries: 100, bytes: 1_000))
        insert(1, into: cache, ttl: .seconds(Int64.max), stale: .seconds(Int64.max))
        guard case .fresh(_, let remaining) = cache.lookup(Self.key(1), now: now + .seconds(1_000_000_000)) else {
            Issue.record("not fresh")
            return
        }
        #expect(remaining > .seconds(1_000_000_000))
        #expect(!insert(2, into: cache, ttl: .seconds(-5)))
        #expect(!insert(2, into: cache, ttl: .zero))
        #expect(insert(2, into: cache, ttl: .seconds(-5), stale: .seconds(1)))
    }

    @Test("holds nothing when a limit is zero", arguments: [(0, 1_000), (100, 0), (0, 0), (-1, -1)])
    func zero(_ entries: Int, _ bytes: Int) {
        let cache = MemoryCache<Held>(CacheLimits(entries: entries, bytes: bytes))
        #expect(!insert(1, into: cache))
        #expect(!isThere(1, in: cache))
        #expect(!cache.remove(Self.key(1)))
        cache.remove(tag: CacheTag(1))
        cache.removeAll()
        #expect(cache.removeExpired(now: now, limit: 100) == 0)
        cache.resize(CacheLimits(entries: 10, bytes: 100_000))
        #expect(insert(1, into: cache))
        #expect(cache.statistics.refused == 1)
    }

    @Test("is never larger than its limits, however many shards there are", arguments: [1, 2, 8, 64])
    func bounds(_ shards: Int) {
        let limits = CacheLimits(entries: 1_001, bytes: 64 * 1_000)
        let cache = MemoryCache<Held>(limits, shards: shards)
        #expect(!insert(0, into: cache, bytes: limits.bytes / shards + 1))
        #expect(insert(0, into: cache, bytes: limits.bytes / shards))
        for number in 0..<5_000 {
            insert(number, into: cache, bytes: number * 7_919 % 200)
            let statistics = cache.statistics
            #expect(statistics.entries <= limits.entries && statistics.bytes <= limits.bytes)
        }
        #expect(cache.statistics.bytes > limits.bytes / 2)
        cache.resize(CacheLimits(entries: 100, bytes: 6_400))
        #expect(cache.statistics.entries <= 100 && cache.statistics.bytes <= 6_400)
        for number in 0..<5_000 { insert(number, into: cache, bytes: 1) }
        #expect(cache.statistics.entries == 100)
    }

    @Test("gives the answers to several keys in their order")
    func batch() {
        let cache = MemoryCache<Held>(CacheLimits(entries: 1_000, bytes: 100_000))
        for number in stride(from: 0, to: 100, by: 2) { insert(number, into: cache) }
        let answers = cache.lookup((0..<100).reversed().map(Self.key), now: now)
        for (answer, number) in zip(answers, (0..<100).reversed()) {
            switch answer {
            case .fresh(let value, _): #expect(value.number == number && number % 2 == 0)
            case .stale, .miss: #expect(number % 2 == 1)
            }
        }
    }

    @Test("keeps what is asked for when new entries come")
    func eviction() {
        let cache = MemoryCache<Held>(CacheLimits(entries: 100, bytes: 10_000), shards: 1)
        for number in 0..<100 { insert(number, into: cache) }
        for number in 0..<10 { #expect(isThere(number, in: cache)) }
        for number in 100..<190 { insert(number, into: cache) }
        for number in 0..<10 { #expect(isThere(number, in: cache)) }
        #expect((10..<100).allSatisfy { !isThere($0, in: cache) })
    }

    @Test("removes what has a tag and nothing else")
    func tags() {
        let cache = MemoryCache<Held>(CacheLimits(entries: 10_000, bytes: 1_000_000))
        for number in 0..<3_000 {
            insert(number, into: cache, tags: [CacheTag(number % 3), CacheTag("all"), CacheTag("all")])
        }
        cache.remove(tag: CacheTag(1))
        for number in 0..<3_000 { #expect(isThere(number, in: cache) == (number % 3 != 1)) }
        cache.remove(tag: CacheTag("nobody's"))
        #expect(cache.statistics.entries == 2_000)
        cache.remove(tag: CacheTag("all"))
        #expect(cache.statistics.entries == 0 && cache.statistics.removals == 3_000)
    }

    @Test("keeps out a value that was loaded before a removal", arguments: ["key", "tag", "all", "newer load"])
    func overtaken(_ what: String) {
        let cache = MemoryCache<Held>(CacheLimits(entries: 100, bytes: 10_000))
        let (key, tag) = (Self.key(1), CacheTag("tool"))
        func insert(_ number: Int, _ generation: UInt64) -> Bool {
            cache.insert(
                key,
                Held(number),
                bytes: 1,
                ttl: .seconds(1),
                tags: [tag],
                generation: generation,
                now: now
            )
        }
        let early = cache.generation()
        switch what {
        case "key": cache.remove(key)
        case "tag": cache.remove(tag: tag)
        case "all": cache.removeAll()
        default: #expect(insert(2, cache.generation()))
        }
        #expect(!insert(1, early))
        #expect(cache.statistics.outdated == 1)
        #expect(insert(3, cache.generation()))
        // Still so with other limits.
        cache.resize(CacheLimits(entries: 50, bytes: 10_000))
        #expect(!insert(1, early))
        guard case .fresh(let value, _) = cache.lookup(key, now: now) else {
            Issue.record("not there")
            return
        }
        #expect(value.number == 3)
    }

    @Test("sweeps a part at a time")
    func sweep() {
        let cache = MemoryCache<Held>(CacheLimits(entries: 1_000, bytes: 100_000), shards: 2)
        for number in 0..<400 { insert(number, into: cache, ttl: .seconds(number % 2 == 0 ? 1 : 100)) }
        var removed: [Int] = []
        for _ in 0..<10 { removed.append(cache.removeExpired(now: now + .seconds(1), limit: 100)) }
        #expect(removed.reduce(0, +) == 200 && removed.allSatisfy { $0 <= 100 })
        #expect(cache.statistics.entries == 200 && cache.statistics.expirations == 200)
    }

    /// A value that does something when it is let go.
    private final class Loud: Sendable {
        let atEnd: @Sendable () -> Void

        init(_ atEnd: @escaping @Sendable () -> Void) { self.atEnd = atEnd }

        deinit { atEnd() }
    }

    @Test("lets go of values outside its locks, and of all of them")
    func release() {
        final class Ends: Sendable {
            let cache = MemoryCache<Loud>(CacheLimits(entries: 50, bytes: 1_000), shards: 1)
            let count = Counter()
        }
        let ends = Ends()
        let now = now
        func insert(_ number: Int) {
            let value = Loud { [unowned ends] in
                ends.count.add()
                // Would never return under the lock.
                _ = ends.cache.lookup(Self.key(number), now: now)
            }
            ends.cache.insert(
                Self.key(number),
                value,
                bytes: number % 7 * 10,
                ttl: .seconds(1),
                tags: [CacheTag(number % 2)],
                generation: ends.cache.generation(),
                now: now
            )
        }
        for number in 0..<200 { insert(number % 120) }
        ends.cache.remove(tag: CacheTag(0))
        ends.cache.removeExpired(now: now + .seconds(2), limit: 20)
        ends.cache.resize(CacheLimits(entries: 5, bytes: 100))
        ends.cache.remove(Self.key(79))
        ends.cache.removeAll()
        #expect(ends.cache.statistics.entries == 0)
        #expect(ends.count.value == 200)
    }
}
