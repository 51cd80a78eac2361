import HeddleModel
import HeddleStore
import JSON

/// The registry in memory held against the store that it comes from.
extension ExtensionService {
    /// What a look at the registry found.
    package struct IndexReport: Sendable {
        package var extensions = 0
        package var capabilities = 0
        /// What differs, a line for each; empty when all is well.
        package var differences: [String] = []
        /// How many of the extensions were put right.
        package var repaired = 0
    }

    /// Compares every extension in memory with its row, and the indexes with what a search through all finds.
    ///
    /// - Throws: what the store throws.
    package func checkIndex() async throws -> IndexReport {
        let contents = try await contents()
        // Whoever is between the commit and the publication of a change is not different.
        let busy = busyNames
        var report = compare(contents, registry.snapshot, besides: busy)
        report.differences += searchFaults(registry.snapshot)
        return report
    }

    /// Reads every extension anew and puts right what differs; running processes go on.
    ///
    /// - Throws: what the store throws.
    package func rebuildIndex() async throws -> IndexReport {
        let contents = try await contents()
        let (snapshot, busy) = (registry.snapshot, busyNames)
        var report = compare(contents, snapshot, besides: busy)
        let stored = Dictionary(
            contents.entries.map { ($0.name.rawValue, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        for entry in stored.values where !busy.contains(entry.name.rawValue) {
            guard let known = snapshot.entry(entry.name.rawValue) else {
                registry.add([(entry, makePool(entry))])
                report.repaired += 1
                continue
            }
            guard Self.differs(known.registered, entry), known.registered.edits <= entry.edits else { continue }
            let pool = makePool(entry, log: known.pool.log)
            registry.exchange(entry, pool, for: known.pool)
            drain(known.pool, of: known.registered)
            report.repaired += 1
        }
        for known in snapshot.all where stored[known.registered.name.rawValue] == nil {
            guard !busy.contains(known.registered.name.rawValue) else { continue }
            registry.remove(known.registered.name)
            await known.pool.close()
            report.repaired += 1
        }
        report.differences += searchFaults(registry.snapshot)
        return report
    }

    private func contents() async throws -> ExtensionRepository.Contents {
        let base = configuration.userBase
        return try await store.read { [repository] tx in try repository.all(tenant: .local, userBase: base, tx) }
    }

    private static func differs(_ known: RegisteredExtension, _ stored: RegisteredExtension) -> Bool {
        known.generation != stored.generation || known.edits != stored.edits || known.state != stored.state
            || known.tools.map(\.document.bytes) != stored.tools.map(\.document.bytes)
            || known.manifest != stored.manifest || known.grants != stored.grants
    }

    private func compare(
        _ contents: ExtensionRepository.Contents,
        _ snapshot: RegistrySnapshot,
        besides busy: Set<String>
    ) -> IndexReport {
        var report = IndexReport(extensions: snapshot.count)
        report.capabilities = snapshot.all.reduce(0) { $0 + $1.capabilities.count }
        var stored: Set<String> = []
        for entry in contents.entries {
            let name = entry.name.rawValue
            stored.insert(name)
            guard !busy.contains(name) else { continue }
            guard let known = snapshot.entry(name) else {
                report.differences.append("'\(name)' is stored and not known")
                continue
            }
            // What was changed after the rows were read is newer here.
            guard known.registered.edits <= entry.edits, Self.differs(known.registered, entry) else { continue }
            report.differences.append("'\(name)' is not what is stored")
        }
        for (name, reason) in contents.unreadable {
            stored.insert(name)
            report.differences.append("'\(name)' cannot be read: \(reason.clipped(200))")
        }
        for known in snapshot.all where !stored.contains(known.registered.name.rawValue) {
            guard !busy.contains(known.registered.name.rawValue) else { continue }
            report.differences.append("'\(known.registered.name)' is known and not stored")
        }
        report.differences.sort()
        return report
    }

    /// What the indexes find differently from a look at every extension.
    private func searchFaults(_ snapshot: RegistrySnapshot) -> [String] {
        var faults: [String] = []
        let entries = snapshot.entries
        if entries.count != snapshot.count {
            faults.append("\(snapshot.count) extensions are counted, \(entries.count) there")
        }
        for kind in ExtensionKind.allCases {
            let found = snapshot.find(RegistryQuery(kind: kind)).map(\.registered.name)
            let there = entries.filter { $0.registered.manifest.kind == kind }.map(\.registered.name)
            if found != there { faults.append("the index of the type '\(kind.rawValue)' is wrong") }
        }
        for entry in entries {
            let name = entry.registered.name
            if snapshot.entry(name.rawValue) !== entry { faults.append("'\(name)' is not found by its name") }
            for capability in entry.capabilities
            where !snapshot.find(RegistryQuery(capability: capability)).contains(where: { $0 === entry }) {
                faults.append("'\(name)' is not found by its capability '\(capability.clipped(64))'")
            }
        }
        return faults
    }
}
