import Synchronization

/// Answers that were given lately, for those who ask the same again before the collection changes.
package final class QueryCache: Sendable {
    private struct Entry {
        let matches: [VectorMatch]
        let version: UInt64
        let expires: ContinuousClock.Instant
        var used: UInt64
    }

    private struct State {
        var entries: [VectorQuery: Entry] = [:]
        var uses: UInt64 = 0
        var hits = 0
        var misses = 0
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let lifetime: Duration

    /// A cache of so many answers, each for so long.
    package init(capacity: Int = 1_000, lifetime: Duration = .seconds(300)) {
        self.capacity = capacity
        self.lifetime = lifetime
    }

    /// The answer to a query, if it was given by this version of the collection and is not too old.
    package func answer(_ query: VectorQuery, version: UInt64, now: ContinuousClock.Instant) -> [VectorMatch]? {
        state.withLock { state in
            state.uses += 1
            guard var entry = state.entries[query] else {
                state.misses += 1
                return nil
            }
            guard entry.version == version, entry.expires > now else {
                state.entries[query] = nil
                state.misses += 1
                return nil
            }
            entry.used = state.uses
            state.entries[query] = entry
            state.hits += 1
            return entry.matches
        }
    }

    /// Keeps an answer.
    ///
    /// `version` is what the collection had before it was searched.
    package func keep(
        _ matches: [VectorMatch],
        for query: VectorQuery,
        version: UInt64,
        now: ContinuousClock.Instant
    ) {
        guard capacity > 0 else { return }
        state.withLock { state in
            state.uses += 1
            if state.entries.count >= capacity { Self.evict(&state, capacity) }
            state.entries[query] = Entry(
                matches: matches,
                version: version,
                expires: now.advanced(by: lifetime),
                used: state.uses
            )
        }
    }

    /// Makes room by the tenth that was not used for longest, so that one look at all serves many.
    private static func evict(_ state: inout State, _ capacity: Int) {
        let oldest = state.entries.sorted { $0.value.used < $1.value.used }.prefix(max(1, capacity / 10))
        for entry in oldest { state.entries[entry.key] = nil }
    }

    /// How often an answer was there, and how often not.
    package var statistics: (hits: Int, misses: Int, entries: Int) {
        state.withLock { ($0.hits, $0.misses, $0.entries.count) }
    }
}

extension VectorCollection {
    /// Searches, or answers from what is kept.
    ///
    /// - Parameters:
    ///   - query: What is asked for.
    ///   - cache: The answers that are kept for this collection.
    ///   - now: What time it is.
    /// - Returns: At most `limit` points.
    /// - Throws: As ``search(_:)-(VectorQuery)``.
    package func search(
        _ query: VectorQuery,
        cache: QueryCache,
        now: ContinuousClock.Instant
    ) throws -> [VectorMatch] {
        let version = try lock.read { () throws in
            try checkOpen()
            return content.version
        }
        if let matches = cache.answer(query, version: version, now: now) { return matches }
        let matches = try search(query)
        cache.keep(matches, for: query, version: version, now: now)
        return matches
    }
}
