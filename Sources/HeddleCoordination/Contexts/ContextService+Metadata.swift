package import HeddleModel
import HeddleStore
import JSON

extension ContextService {
    /// The metadata item of a name.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `metadataNotFound`.
    package func metadata(_ caller: Caller, _ id: Context.ID, _ name: String) async throws -> MetadataItem {
        try await store.read { tx in
            _ = try ContextRepository.find(id, caller.tenant, tx)
            guard let item = try ContextMetadataRepository.find(name, id, caller.tenant, tx) else {
                throw Self.missing(name, id)
            }
            return item
        }
    }

    private static func missing(_ name: String, _ id: Context.ID) -> HeddleError {
        HeddleError(
            .metadataNotFound,
            "the context has no metadata '\(name.clipped(80))'",
            details: ["context_id": id.rawValue, "key": name.clipped(255)]
        )
    }

    /// A page of the items whose names match a pattern, in the order of their names, as clients see it.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    package func metadata(
        _ caller: Caller,
        _ id: Context.ID,
        matching glob: Glob,
        after: String,
        limit: Int
    ) async throws -> [UInt8] {
        try await store.read { tx in
            _ = try ContextRepository.find(id, caller.tenant, tx)
            let prefix = glob.prefix
            // Values are large: only those that are shown are read.
            let names = try ContextMetadataRepository.names(id, prefix: prefix, after: after, caller.tenant, tx)
                .prefix { $0.utf8.starts(with: prefix.utf8) }
            let items = try names.filter { glob.matches($0) }.prefix(limit + 1)
                .compactMap { try ContextMetadataRepository.find($0, id, caller.tenant, tx) }
            return JSONPage(items, limit: limit, cursor: \.name).bytes { item, writer in item.write(to: &writer) }
        }
    }

    /// Puts a value under a name.
    ///
    /// - Returns: The item, and whether it is new.
    /// - Throws: ``HeddleError`` with `contextNotFound`, `versionConflict`, `contextFull` when the context has as many
    ///   items as it may, `contextExpired`, `invalidStateTransition`.
    package func putMetadata(
        _ caller: Caller,
        _ id: Context.ID,
        _ name: String,
        _ draft: MetadataItem.Draft,
        ifVersion expected: Int?
    ) async throws -> (item: MetadataItem, isNew: Bool) {
        let now = clock.now
        let result = try await store.write { tx -> (MetadataItem, Bool) in
            var context = try ContextRepository.lock(id, caller.tenant, tx)
            try context.requireOpen(at: now)
            let known = try ContextMetadataRepository.find(name, id, caller.tenant, tx)
            try Self.require(known?.version ?? 0, expected)
            if known == nil,
                try ContextMetadataRepository.count(id, caller.tenant, tx) >= ContextMetadataRepository.mostItems
            {
                throw HeddleError(
                    .contextFull,
                    "a context has at most \(ContextMetadataRepository.mostItems) metadata items",
                    details: ["limit": "metadata_items", "value": String(ContextMetadataRepository.mostItems)]
                )
            }
            let last = try known?.version ?? ContextMetadataRepository.lastVersion(name, id, caller.tenant, tx)
            let item = MetadataItem(
                name: name,
                value: draft.value,
                type: draft.type,
                summary: draft.summary,
                access: draft.access,
                version: last + 1,
                updatedAt: now,
                updatedBy: caller.principal
            )
            try ContextMetadataRepository.put(item, id, caller.tenant, tx)
            try Self.tell(.metadataChanged, name, item.version, &context, caller, at: now, tx)
            return (item, known == nil)
        }
        cache.changed(CollectionOfOne(id), caller.tenant)
        return result
    }

    private static func require(_ version: Int, _ expected: Int?) throws(HeddleError) {
        guard let expected, expected != version else { return }
        throw .versionConflict("the metadata item", expected: expected, current: version)
    }

    private static func tell(
        _ kind: ContextEvent.Kind,
        _ name: String,
        _ version: Int,
        _ context: inout Context,
        _ caller: Caller,
        at now: Timestamp,
        _ tx: WriteTransaction
    ) throws {
        context.lastActivityAt = now
        try ContextRepository.touch(context, hasOtherCounts: false, tx)
        let event = ContextEvent(kind, context.id) { writer in
            writer.name("key")
            writer.string(name)
            writer.name("version")
            writer.integer(version)
        }
        try ContextEventRepository.append([event], caller, at: now, tx)
    }

    /// Removes an item; its history stays.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `metadataNotFound`, `versionConflict`.
    package func deleteMetadata(
        _ caller: Caller,
        _ id: Context.ID,
        _ name: String,
        ifVersion expected: Int?
    ) async throws {
        let now = clock.now
        try await store.write { tx in
            var context = try ContextRepository.lock(id, caller.tenant, tx)
            try context.requireOpen(at: now)
            guard let item = try ContextMetadataRepository.find(name, id, caller.tenant, tx) else {
                throw Self.missing(name, id)
            }
            try Self.require(item.version, expected)
            try ContextMetadataRepository.delete(item, id, caller, at: now, tx)
            try Self.tell(.metadataDeleted, name, item.version + 1, &context, caller, at: now, tx)
        }
        cache.changed(CollectionOfOne(id), caller.tenant)
    }

    /// What an item was, the newest first, as clients see it.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `metadataNotFound` when there never was one.
    package func metadataHistory(_ caller: Caller, _ id: Context.ID, _ name: String) async throws -> [UInt8] {
        try await store.read { tx in
            _ = try ContextRepository.find(id, caller.tenant, tx)
            let versions = try ContextMetadataRepository.history(name, id, caller.tenant, tx)
            guard !versions.isEmpty else { throw Self.missing(name, id) }
            return JSONPage(versions, limit: ContextMetadataRepository.mostVersions) { _ in "" }
                .bytes { version, writer in writer.raw(version[...]) }
        }
    }
}
