package import HeddleCache
package import HeddleModel
import Synchronization

/// The answers of reads that are kept in memory: contexts, pages of lists, statistics.
///
/// An answer is kept after a read, never by a write: a write only makes forgotten what it changed, once it is durable. An
/// answer whose read began before that is not kept (see ``MemoryCache``).
package final class ContextCache: Sendable {
    /// An answer as it goes out.
    package final class Answer: CachedObject {
        package let bytes: [UInt8]
        /// The version of the one context that it shows; zero for others.
        package let version: Int

        package init(_ bytes: [UInt8], version: Int = 0) {
            self.bytes = bytes
            self.version = version
        }
    }

    /// How much is kept, and for how long.
    package struct Limits: Sendable, Hashable {
        package var entries: Int
        package var bytes: Int
        package var ttl: Duration
        /// Whether anything is kept at all.
        package var isEnabled: Bool

        package init(
            entries: Int = 10_000,
            bytes: Int = 64 << 20,
            ttl: Duration = .seconds(1800),
            isEnabled: Bool = true
        ) {
            self.entries = entries
            self.bytes = bytes
            self.ttl = ttl
            self.isEnabled = isEnabled
        }
    }

    private let limits: Limits
    private let answers: MemoryCache<Answer>
    private let flights = SingleFlight<Answer>()
    /// Counts the writes: who asks after one may not be told what a read found that began before it.
    private let epoch = Atomic<Int>(0)

    package init(_ limits: Limits) {
        self.limits = limits
        answers = MemoryCache(CacheLimits(entries: limits.entries, bytes: limits.bytes))
    }

    package var statistics: CacheStatistics { answers.statistics }

    /// Whether anything is kept at all.
    package var isEnabled: Bool { limits.isEnabled }

    // MARK: Keys

    private static func key(_ kind: String, _ tenant: TenantID, _ name: String) -> CacheKey {
        var hasher = CacheKey.Hasher()
        hasher.combine(tenant.rawValue)
        hasher.combine(kind)
        hasher.combine(name)
        return hasher.finalize()
    }

    private static func tag(_ tenant: TenantID) -> CacheTag { CacheTag(key("lists", tenant, "")) }

    // MARK: Reading

    /// The kept answers about several contexts in the order of their ids; nil for those that are not kept.
    func contexts(_ ids: [Context.ID], _ tenant: TenantID) -> [Answer?] {
        guard limits.isEnabled else { return ids.map { _ in nil } }
        return answers.lookup(ids.map { Self.key("context", tenant, $0.rawValue) }, now: .now)
            .map { found in
                guard case .fresh(let answer, _) = found else { return nil }
                return answer
            }
    }

    /// Keeps answers that were read together, for those who ask next.
    func warm(_ read: [(id: Context.ID, answer: Answer)], _ tenant: TenantID, generation: UInt64) {
        guard limits.isEnabled else { return }
        for (id, answer) in read {
            answers.insert(
                Self.key("context", tenant, id.rawValue),
                answer,
                bytes: answer.bytes.count + 128,
                ttl: limits.ttl,
                generation: generation,
                now: .now
            )
        }
    }

    /// What is taken before a read whose answers are given to ``warm(_:_:generation:)``.
    func generation() -> UInt64 { answers.generation() }

    /// The kept answer about one context, without waiting.
    package func context(_ id: String, _ tenant: TenantID) -> Answer? {
        guard limits.isEnabled else { return nil }
        return find(Self.key("context", tenant, id))
    }

    private func find(_ key: CacheKey) -> Answer? {
        guard case .fresh(let answer, _) = answers.lookup(key, now: .now) else { return nil }
        return answer
    }

    /// The answer about one context, read once for all who ask for it at the same time.
    func context(
        _ id: Context.ID,
        _ tenant: TenantID,
        read: @escaping @Sendable () async throws -> Answer
    ) async throws -> (answer: Answer, isHit: Bool) {
        try await answer(Self.key("context", tenant, id.rawValue), tags: [], read)
    }

    /// The answer about the contexts of a tenant, which any change of one of them makes forgotten.
    ///
    /// What may be behind is not kept, since others ask for what is not.
    func list(
        _ name: String,
        _ tenant: TenantID,
        keeps: Bool = true,
        read: @escaping @Sendable () async throws -> Answer
    ) async throws -> (answer: Answer, isHit: Bool) {
        if !keeps {
            if limits.isEnabled, let answer = find(Self.key("list", tenant, name)) { return (answer, true) }
            return (try await read(), false)
        }
        return try await answer(Self.key("list", tenant, name), tags: [Self.tag(tenant)], read)
    }

    private func answer(
        _ key: CacheKey,
        tags: [CacheTag],
        _ read: @escaping @Sendable () async throws -> Answer
    ) async throws -> (answer: Answer, isHit: Bool) {
        guard limits.isEnabled else { return (try await read(), false) }
        if let answer = find(key) { return (answer, true) }
        let generation = answers.generation()
        var flight = CacheKey.Hasher()
        flight.combine(key)
        flight.combine(epoch.load(ordering: .acquiring))
        let answer = try await flights.value(for: flight.finalize()) { [self] in
            let answer = try await read()
            answers.insert(
                key,
                answer,
                bytes: answer.bytes.count + 128,
                ttl: limits.ttl,
                tags: tags,
                generation: generation,
                now: .now
            )
            return answer
        }
        return (answer, false)
    }

    // MARK: Forgetting

    /// A write has changed these contexts; called when it is durable, before it is acknowledged.
    func changed(_ ids: some Sequence<Context.ID>, _ tenant: TenantID) {
        guard limits.isEnabled else { return }
        epoch.add(1, ordering: .acquiringAndReleasing)
        for id in ids { answers.remove(Self.key("context", tenant, id.rawValue)) }
        answers.remove(tag: Self.tag(tenant))
    }

    package func removeAll() { answers.removeAll() }
}
