package import HeddleModel
package import HeddleStore
import JSON
package import Logging

/// The rules of contexts: every change is one transaction with the events that tell of it.
package final class ContextService: Sendable {
    /// How many contexts one request may create.
    package static let mostInBatch = 1000

    let store: HeddleStore
    package let cache: ContextCache
    let clock: any WallClock
    let logger: Logger

    /// Makes the service of one store.
    package init(store: HeddleStore, cache: ContextCache, clock: any WallClock, logger: Logger) {
        self.store = store
        self.cache = cache
        self.clock = clock
        self.logger = logger
    }

    // MARK: Creating

    /// Creates a context.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` for metadata that cannot be searched, or what the store throws.
    package func create(_ caller: Caller, _ attributes: ContextAttributes) async throws -> Context {
        let now = clock.now
        let context = Context(attributes: attributes, at: now)
        let prepared = try ContextRepository.Prepared(context, attributes, caller.tenant)
        let event = ContextEvent(.created, context.id) { writer in
            writer.name("name")
            writer.string(attributes.name)
            writer.name("type")
            writer.string(attributes.type.rawValue)
        }
        try await store.write { tx in
            try ContextRepository.insert([prepared], caller.tenant, tx)
            try ContextEventRepository.append([event], caller, at: now, tx)
        }
        cache.changed(CollectionOfOne(context.id), caller.tenant)
        return context
    }

    /// Creates contexts, all or none, with one event.
    ///
    /// - Throws: as ``create(_:_:)``.
    package func create(_ caller: Caller, batch: [ContextAttributes]) async throws -> [Context] {
        let now = clock.now
        var (contexts, prepared): ([Context], [ContextRepository.Prepared]) = ([], [])
        contexts.reserveCapacity(batch.count)
        prepared.reserveCapacity(batch.count)
        for attributes in batch {
            let context = Context(attributes: attributes, at: now)
            contexts.append(context)
            prepared.append(try ContextRepository.Prepared(context, attributes, caller.tenant))
        }
        let (rows, event) = (prepared, Self.batchEvent(contexts))
        try await store.write { tx in
            try ContextRepository.insert(rows, caller.tenant, tx)
            try ContextEventRepository.append([event], caller, at: now, tx)
        }
        cache.changed(EmptyCollection(), caller.tenant)
        return contexts
    }

    static func batchEvent(_ contexts: [Context]) -> ContextEvent {
        ContextEvent(.batchCreated, nil) { writer in
            writer.name("count")
            writer.integer(contexts.count)
            writer.name("context_ids")
            writer.strings(contexts.map { $0.id.rawValue })
        }
    }

    /// Creates a context like another one, without its participants and sessions.
    ///
    /// Without a name it has the other's with "(copy)". The shared state and the metadata items go along when they are to.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, or what the store throws.
    package func clone(_ caller: Caller, _ id: Context.ID, name: String?, copiesState: Bool) async throws -> Context {
        let now = clock.now
        let copy = Context.ID()
        let context = try await store.write { tx -> Context in
            var attributes = try ContextRepository.find(id, caller.tenant, tx).attributes()
            attributes.name = name ?? (attributes.name + " (copy)").clipped(255)
            let context = Context(id: copy, attributes: attributes, at: now)
            let prepared = try ContextRepository.Prepared(context, attributes, caller.tenant)
            try ContextRepository.insert([prepared], caller.tenant, tx)
            if copiesState {
                try ContextStateRepository.copy(from: id, to: copy, caller, at: now, tx)
                try ContextMetadataRepository.copy(from: id, to: copy, caller, at: now, tx)
            }
            let event = ContextEvent(.created, copy) { writer in
                writer.name("name")
                writer.string(attributes.name)
                writer.name("cloned_from")
                writer.string(id.rawValue)
            }
            try ContextEventRepository.append([event], caller, at: now, tx)
            return context
        }
        cache.changed(EmptyCollection(), caller.tenant)
        return context
    }

    // MARK: Reading

    /// The answer about a context as clients see it.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    package func get(_ caller: Caller, _ id: Context.ID) async throws -> (answer: ContextCache.Answer, isHit: Bool) {
        try await cache.context(id, caller.tenant) { [store] in
            let context = try await store.read { tx in try ContextRepository.find(id, caller.tenant, tx) }
            return ContextCache.Answer(context.bytes, version: context.version)
        }
    }

    /// The answers about several contexts in the order of their ids; nil for those that are not there.
    package func get(_ caller: Caller, _ ids: [Context.ID]) async throws -> [ContextCache.Answer?] {
        var answers = cache.contexts(ids, caller.tenant)
        let missing = answers.indices.filter { answers[$0] == nil }
        guard !missing.isEmpty else { return answers }
        let generation = cache.generation()
        let wanted = missing.map { ids[$0] }
        let read = try await store.read { tx in
            try wanted.map { id -> ContextCache.Answer? in
                do {
                    let context = try ContextRepository.find(id, caller.tenant, tx)
                    return ContextCache.Answer(context.bytes, version: context.version)
                } catch let error as HeddleError where error.code == .contextNotFound {
                    return nil
                }
            }
        }
        for (place, answer) in zip(missing, read) { answers[place] = answer }
        cache.warm(
            zip(wanted, read).compactMap { id, answer in answer.map { (id, $0) } },
            caller.tenant,
            generation: generation
        )
        return answers
    }

    /// Reads the newest active contexts into memory, so that a server that has just started need not read them one by one.
    ///
    /// - Throws: what the store throws.
    package func warmUp(_ tenant: TenantID, limit: Int) async throws {
        guard limit > 0, cache.isEnabled else { return }
        var filter = ContextFilter()
        filter.status = .active
        filter.limit = limit
        let wanted = filter
        let generation = cache.generation()
        let contexts = try await store.read { tx in try ContextRepository.list(wanted, tenant, tx) }
        cache.warm(
            contexts.prefix(limit).map { ($0.id, ContextCache.Answer($0.bytes, version: $0.version)) },
            tenant,
            generation: generation
        )
    }

    /// The context itself, read from the store.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    package func context(_ caller: Caller, _ id: Context.ID) async throws -> Context {
        try await store.read { tx in try ContextRepository.find(id, caller.tenant, tx) }
    }

    /// A page of contexts, the newest first, as clients see it; all that match are counted when that is wanted.
    ///
    /// - Returns: The page, and whether it was kept in memory.
    /// - Throws: what the store throws.
    package func list(
        _ caller: Caller,
        _ filter: ContextFilter,
        wantsTotal: Bool,
        _ consistency: ReadConsistency = .strong
    ) async throws -> (answer: ContextCache.Answer, isHit: Bool) {
        try await cache.list(filter.name(wantsTotal), caller.tenant, keeps: consistency == .strong) { [store] in
            let (contexts, total) = try await store.read(consistency) { tx in
                (
                    try ContextRepository.list(filter, caller.tenant, tx),
                    wantsTotal ? try ContextRepository.count(filter, caller.tenant, tx) : nil
                )
            }
            let page = JSONPage(contexts, limit: filter.limit, total: total) { String($0.sequence, radix: 16) }
            return ContextCache.Answer(
                page.bytes { context, writer in
                    writer.beginObject()
                    context.write(to: &writer)
                    writer.endObject()
                }
            )
        }
    }

    /// What all contexts of the tenant come to.
    package func statistics(
        _ caller: Caller,
        _ consistency: ReadConsistency = .strong
    ) async throws -> (answer: ContextCache.Answer, isHit: Bool) {
        try await cache.list("statistics", caller.tenant, keeps: consistency == .strong) { [store] in
            let statistics = try await store.read(consistency) { tx in
                try ContextRepository.statistics(caller.tenant, tx)
            }
            return ContextCache.Answer(statistics.bytes)
        }
    }

    /// What happened to a context, the oldest first, as clients see it.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound` when there never was such a context.
    package func events(_ caller: Caller, _ id: Context.ID, after: Int, limit: Int) async throws -> [UInt8] {
        let events = try await store.read { tx in
            let events = try ContextEventRepository.list(id, after: after, limit: limit, caller.tenant, tx)
            // The events of a context outlive it for a while.
            if events.isEmpty { _ = try ContextRepository.find(id, caller.tenant, tx) }
            return events
        }
        return JSONPage(events, limit: limit) { String($0.sequence, radix: 16) }
            .bytes { event, writer in writer.raw(event.bytes[...]) }
    }
}

extension ContextFilter {
    /// What tells the list of this filter from others in a cache.
    fileprivate func name(_ wantsTotal: Bool) -> String {
        let parts: [String] = [
            "list", type?.rawValue ?? "", status?.rawValue ?? "", ownerID ?? "", words.joined(separator: " "),
            after.map(String.init) ?? "", String(limit), String(isAscending), String(wantsTotal),
        ]
        return (parts + labels.map(\.text)).joined(separator: "\u{0}")
    }
}
