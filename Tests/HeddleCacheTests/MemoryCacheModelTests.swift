import HeddleCache
import HeddleTestSupport
import Testing

@Suite("The cache in memory against its rules")
struct MemoryCacheModelTests {
    /// A cache of one shard and its model, which are asked the same.
    struct Pair {
        let cache: MemoryCache<Held>
        var model: CacheModel
        var now = ContinuousClock.now
        var random: SplitMix64
        /// Generations of loads that have begun.
        var loads: [UInt64] = []
        let keys: [CacheKey]
        let tags: [CacheTag]

        init(_ seed: Int) {
            random = SplitMix64(seed: UInt64(seed))
            let entries = [0, 1, 2, 7, 40, 200][seed % 6]
            let bytes = [100, 1_000, 100_000][seed % 3]
            cache = MemoryCache(CacheLimits(entries: entries, bytes: bytes), shards: 1)
            model = CacheModel(entryLimit: entries, byteLimit: bytes)
            // Every third seed has keys and tags whose places in the tables all fall together.
            let low: UInt64 = seed % 3 == 0 ? 0 : 0xFFFF_FFFF
            var numbers = SplitMix64(seed: 99)
            keys = (0..<max(8, entries * 2))
                .map { CacheKey(high: UInt64($0), low: UInt64($0) << 32 | (numbers.next() & low)) }
            tags = (0..<6).map { CacheTag(CacheKey(high: 0, low: UInt64(1_000 + $0) << 32 | (numbers.next() & low))) }
        }

        mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }

        mutating func step() {
            let key = keys[number(0..<keys.count)]
            switch number(0..<100) {
            case 0..<45: lookup(key)
            case 45..<85: insert(key)
            case 85..<90: now += .milliseconds(number(0..<40))
            case 90..<93: #expect(cache.remove(key) == model.remove(key))
            case 93..<96:
                let tag = tags[number(0..<tags.count)]
                cache.remove(tag: tag)
                model.remove(tag: tag)
            case 96:
                loads.append(cache.generation())
                #expect(loads.last == model.nextGeneration())
            case 97:
                cache.removeExpired(now: now, limit: 10_000)
                cache.removeExpired(now: now, limit: 10_000)
                model.removeExpired(now: now)
            case 98 where number(0..<20) == 0:
                cache.removeAll()
                model.removeAll()
            case 99 where number(0..<20) == 0:
                let (entries, bytes) = (number(0..<100), number(0..<2_000))
                cache.resize(CacheLimits(entries: entries, bytes: bytes))
                model.resize(entryLimit: entries, byteLimit: bytes)
            default: break
            }
        }

        mutating func lookup(_ key: CacheKey) {
            let answer: CacheModel.Answer =
                switch cache.lookup(key, now: now) {
                case .miss: .miss
                case .fresh(let value, let remaining): .fresh(value.number, remaining)
                case .stale(let value, let overdue): .stale(value.number, overdue)
                }
            #expect(isNear(answer, model.lookup(key, now: now)))
        }

        /// Times may differ by a tick or two.
        private func isNear(_ left: CacheModel.Answer, _ right: CacheModel.Answer) -> Bool {
            switch (left, right) {
            case (.miss, .miss): true
            case (.fresh(let one, let first), .fresh(let other, let second)),
                (.stale(let one, let first), .stale(let other, let second)):
                one == other && abs((first - second).attoseconds) < 5_000_000_000
            default: false
            }
        }

        mutating func insert(_ key: CacheKey) {
            var generation = loads.randomElement(using: &random) ?? 0
            if number(0..<4) > 0 || loads.isEmpty {
                generation = cache.generation()
                #expect(generation == model.nextGeneration())
            }
            if loads.count > 3 { loads.removeFirst() }
            let bytes = number(0..<8) == 0 ? number(0..<200_000) : number(0..<120)
            let (ttl, stale) = (Duration.milliseconds(number(0..<400)), Duration.milliseconds(number(0..<100)))
            let chosen = (0..<number(0..<4)).map { _ in tags[number(0..<tags.count)] }
            let value = Held(number(0..<1_000_000))
            let entry = CacheModel.Entry(
                key: key,
                number: value.number,
                bytes: bytes,
                freshUntil: now + ttl,
                aliveUntil: now + ttl + stale,
                tags: chosen,
                generation: generation
            )
            let isIn = cache.insert(
                key,
                value,
                bytes: bytes,
                ttl: ttl,
                stale: stale,
                tags: chosen,
                generation: generation,
                now: now
            )
            #expect(isIn == model.insert(entry, now: now))
        }

        func check() {
            var expected = model.statistics
            expected.entries = model.entries.count
            expected.bytes = model.bytes
            #expect(cache.statistics == expected)
            #expect(expected.entries <= model.entryLimit && expected.bytes <= model.byteLimit)
        }
    }

    @Test("answers the same at every step", arguments: 0..<18)
    func random(_ seed: Int) {
        var pair = Pair(seed)
        for _ in 0..<3_000 {
            pair.step()
            pair.check()
        }
        let keys = pair.keys
        for key in keys { pair.lookup(key) }
    }
}
