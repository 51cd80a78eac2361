import HeddleCache
import HeddleModel
package import JSON

/// `heddle benchmark cache`: hits, fills with eviction and keys of the cache by itself, on one thread.
package struct CacheBenchmark: Benchmark {
    /// What is kept.
    private final class Value: Sendable {}

    private let scale: Double

    package init(scale: Double) {
        self.scale = scale
    }

    package func run(report: @escaping (String) -> Void) async throws -> JSONValue {
        report("what                                  entries   million/s        ns")
        var rows: [JSONValue] = []
        func add(_ name: String, _ entries: Int, _ nanoseconds: Double) {
            report(
                LatencyRecord.padded(name, 34) + LatencyRecord.fixed(Double(entries), 0, 11)
                    + LatencyRecord.fixed(1000 / nanoseconds, 2, 12) + LatencyRecord.fixed(nanoseconds, 1, 10)
            )
            rows.append([
                "name": .string(name), "entries": .integer(entries),
                "per_second": .integer(Int(1e9 / nanoseconds)), "ns": .number(LatencyRecord.fixed(nanoseconds, 1, 0)),
            ])
        }
        for entries in [1_000, 10_000, 100_000, 1_000_000] where entries <= Int(1_000_000 * max(scale, 0.001)) {
            let (hits, sets) = try measure(entries)
            add("hits, evenly", entries, hits)
            add("fills with eviction", entries, sets)
        }
        let parameters = try JSONDocument(#"{"text":"\#(InvokeBenchmark.text)"}"#)
        add("key of a small call", 1, keys(parameters.root))
        return ["suite": "cache", "rows": .array(rows)]
    }

    /// Nanoseconds of a hit and of a fill in a cache that is full.
    private func measure(_ entries: Int) throws -> (hits: Double, sets: Double) {
        let cache = MemoryCache<Value>(CacheLimits(entries: entries, bytes: entries * 1024))
        let value = Value()
        let now = ContinuousClock.now
        // The shards are filled unevenly; half of what fits is surely there.
        let kept = (0..<entries / 2).map(key)
        for key in kept { fill(cache, key, value, now) }
        let rounds = max(10_000, Int(4_000_000 * min(1, scale)))
        var (state, misses) = (UInt64(0x9E37_79B9_7F4A_7C15), 0)
        func next() -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(truncatingIfNeeded: state >> 1)
        }
        var start = MonotonicClock.now
        for _ in 0..<rounds {
            if case .fresh = cache.lookup(kept[next() % kept.count], now: now) { continue }
            misses += 1
        }
        let hits = Double(MonotonicClock.now - start) / Double(rounds)
        guard misses == 0 else { throw HeddleError(.internalError, "the cache lost \(misses) of what it had room for") }
        for number in 0..<entries { fill(cache, key(entries + number), value, now) }
        start = MonotonicClock.now
        for number in 0..<rounds { fill(cache, key(2 * entries + number), value, now) }
        return (hits, Double(MonotonicClock.now - start) / Double(rounds))
    }

    private func fill(_ cache: MemoryCache<Value>, _ key: CacheKey, _ value: Value, _ now: ContinuousClock.Instant) {
        cache.insert(key, value, bytes: 64, ttl: .seconds(3600), generation: cache.generation(), now: now)
    }

    /// A key that is as good as a hash, for less than one costs.
    private func key(_ number: Int) -> CacheKey {
        let low = UInt64(truncatingIfNeeded: number &+ 1) &* 0x9E37_79B9_7F4A_7C15
        return CacheKey(high: low ^ (low >> 29), low: low ^ (low >> 32))
    }

    /// Nanoseconds from the parameters of a call to its key.
    private func keys(_ parameters: JSONView) -> Double {
        let rounds = max(10_000, Int(1_000_000 * min(1, scale)))
        var mixed: UInt64 = 0
        let start = MonotonicClock.now
        for _ in 0..<rounds {
            var canonical: [UInt8] = []
            parameters.appendCanonical(to: &canonical)
            var hasher = CacheKey.Hasher()
            hasher.combine("default")
            hasher.combine(canonical)
            mixed ^= hasher.finalize().low
        }
        let elapsed = Double(MonotonicClock.now - start) / Double(rounds)
        // Used, so that nothing of it is left out.
        return mixed == 1 ? elapsed + 1 : elapsed
    }
}
