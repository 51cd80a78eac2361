import HeddleCache

/// What a cache holds in a test.
final class Held: Sendable {
    let number: Int

    init(_ number: Int) { self.number = number }
}

/// One shard as a plain list, slow and by the words of its rules.
struct CacheModel {
    struct Entry {
        let key: CacheKey
        let number: Int
        let bytes: Int
        let freshUntil: ContinuousClock.Instant
        let aliveUntil: ContinuousClock.Instant
        let tags: [CacheTag]
        let generation: UInt64
        var isVisited = false
    }

    enum Answer: Equatable {
        case miss
        case fresh(Int, Duration)
        case stale(Int, Duration)
    }

    var entryLimit: Int
    var byteLimit: Int
    /// From the oldest to the newest.
    var entries: [Entry] = []
    /// The key of the entry that the hand has come to; nil for the oldest.
    private var hand: CacheKey?
    private var removedKeys: [CacheKey: UInt64] = [:]
    private var removedTags: [CacheTag: UInt64] = [:]
    private var removedAll: UInt64 = 0
    var generation: UInt64 = 0
    var statistics = CacheStatistics()

    init(entryLimit: Int, byteLimit: Int) {
        self.entryLimit = entryLimit
        self.byteLimit = byteLimit
    }

    var bytes: Int { entries.reduce(0) { $0 + $1.bytes } }

    mutating func nextGeneration() -> UInt64 {
        generation += 1
        return generation
    }

    private mutating func take(_ index: Int) {
        if hand == entries[index].key { hand = index + 1 < entries.count ? entries[index + 1].key : nil }
        entries.remove(at: index)
    }

    mutating func lookup(_ key: CacheKey, now: ContinuousClock.Instant) -> Answer {
        guard let index = entries.firstIndex(where: { $0.key == key }) else {
            statistics.misses += 1
            return .miss
        }
        guard now < entries[index].aliveUntil else {
            take(index)
            statistics.misses += 1
            statistics.expirations += 1
            return .miss
        }
        entries[index].isVisited = true
        let entry = entries[index]
        if now < entry.freshUntil {
            statistics.hits += 1
            return .fresh(entry.number, now.duration(to: entry.freshUntil))
        }
        statistics.staleHits += 1
        return .stale(entry.number, entry.freshUntil.duration(to: now))
    }

    mutating func insert(_ new: Entry, now: ContinuousClock.Instant) -> Bool {
        guard new.bytes <= byteLimit, entryLimit > 0, new.aliveUntil > now else {
            statistics.refused += 1
            return false
        }
        let old = entries.firstIndex { $0.key == new.key }
        let isOvertaken = old.map { entries[$0].generation > new.generation && entries[$0].aliveUntil > now } ?? false
        let removals = [removedAll, removedKeys[new.key] ?? 0] + new.tags.map { removedTags[$0] ?? 0 }
        guard !isOvertaken, removals.allSatisfy({ $0 <= new.generation }) else {
            statistics.outdated += 1
            return false
        }
        var entry = new
        if let old {
            entry.isVisited = entries[old].isVisited
            take(old)
        }
        makeRoom(entry.bytes, now: now)
        entries.append(entry)
        statistics.inserts += 1
        return true
    }

    private mutating func makeRoom(_ bytes: Int, now: ContinuousClock.Instant?) {
        while entries.count >= entryLimit || self.bytes + bytes > byteLimit {
            var index = hand.flatMap { hand in entries.firstIndex { $0.key == hand } } ?? 0
            var chances = 64
            func isAlive(_ index: Int) -> Bool { now.map { entries[index].aliveUntil > $0 } ?? true }
            while entries[index].isVisited, isAlive(index), chances > 0 {
                entries[index].isVisited = false
                chances -= 1
                index = (index + 1) % entries.count
            }
            if isAlive(index) { statistics.evictions += 1 } else { statistics.expirations += 1 }
            hand = entries[index].key
            take(index)
        }
    }

    mutating func remove(_ key: CacheKey) -> Bool {
        removedKeys[key] = nextGeneration()
        guard let index = entries.firstIndex(where: { $0.key == key }) else { return false }
        take(index)
        statistics.removals += 1
        return true
    }

    mutating func remove(tag: CacheTag) {
        removedTags[tag] = nextGeneration()
        while let index = entries.firstIndex(where: { $0.tags.contains(tag) }) {
            take(index)
            statistics.removals += 1
        }
    }

    mutating func removeAll() {
        removedAll = nextGeneration()
        statistics.removals += entries.count
        entries = []
        hand = nil
    }

    mutating func removeExpired(now: ContinuousClock.Instant) {
        while let index = entries.firstIndex(where: { $0.aliveUntil <= now }) {
            take(index)
            statistics.expirations += 1
        }
    }

    mutating func resize(entryLimit: Int, byteLimit: Int) {
        (self.entryLimit, self.byteLimit) = (entryLimit, byteLimit)
        let old = entries
        entries = []
        hand = nil
        for entry in old {
            if entry.bytes > byteLimit || entryLimit == 0 {
                statistics.evictions += 1
            } else {
                makeRoom(entry.bytes, now: nil)
                entries.append(entry)
            }
        }
    }
}
