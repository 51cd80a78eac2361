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
    package func checkIndex() async throws -> IndexReport { try await examine(isRepairing: false) }

    /// Reads every extension anew and puts right what differs; calls under way end where they began.
    ///
    /// - Throws: what the store throws.
    package func rebuildIndex() async throws -> IndexReport { try await examine(isRepairing: true) }

    private func examine(isRepairing: Bool) async throws -> IndexReport {
        let (contents, snapshot) = (try await contents(), registry.snapshot)
        var report = IndexReport(extensions: snapshot.count)
        report.capabilities = snapshot.all.reduce(0) { $0 + $1.capabilities.count }
        let stored = Dictionary(contents.entries.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let unreadable = Set(contents.unreadable.map(\.name))
        report.differences = contents.unreadable.map { "'\($0.name)' cannot be read: \($0.reason.clipped(200))" }
        let names = Set(stored.keys).union(snapshot.all.map(\.registered.name))
        for name in names.sorted(by: { $0.rawValue < $1.rawValue }) where !unreadable.contains(name.rawValue) {
            let known = snapshot.entry(name.rawValue)?.registered
            if let known, let row = stored[name], !Self.differs(known, row) { continue }
            // Perhaps it was only changed in between: looked at again while nobody can.
            guard let difference = try await examine(name, isRepairing: isRepairing) else { continue }
            report.differences.append(difference)
            if isRepairing { report.repaired += 1 }
        }
        report.differences += searchFaults(registry.snapshot)
        return report
    }

    /// What differs in one extension; nothing when somebody is changing it, or it is right by now.
    private func examine(_ name: ExtensionName, isRepairing: Bool) async throws -> String? {
        do {
            return try await withReservation(of: name) { [self] in
                let row = try await contents(only: name).entries.first
                let known = registry.snapshot.entry(name.rawValue)
                switch (known, row) {
                case (nil, nil): return nil
                case (nil, let row?):
                    if isRepairing { registry.add([(row, makePool(row))]) }
                    return "'\(name)' is stored and not known"
                case (let known?, nil):
                    if isRepairing {
                        registry.remove(name)
                        await known.pool.close()
                    }
                    return "'\(name)' is known and not stored"
                case (let known?, let row?):
                    guard Self.differs(known.registered, row) else { return nil }
                    if isRepairing {
                        registry.exchange(row, makePool(row, log: known.pool.log), for: known.pool)
                        drain(known.pool, of: known.registered)
                    }
                    return "'\(name)' is not what is stored"
                }
            }
        } catch let error as HeddleError where error.code == .versionConflict {
            return nil
        }
    }

    private func contents(only name: ExtensionName? = nil) async throws -> ExtensionRepository.Contents {
        let base = configuration.userBase
        return try await store.read { [repository] tx in
            try repository.all(tenant: .local, userBase: base, only: name, tx)
        }
    }

    private static func differs(_ known: RegisteredExtension, _ stored: RegisteredExtension) -> Bool {
        known.generation != stored.generation || known.edits != stored.edits || known.state != stored.state
            || known.tools.map(\.document.bytes) != stored.tools.map(\.document.bytes)
            || known.manifest != stored.manifest || known.grants != stored.grants
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
            for capability in entry.capabilityNames
            where !snapshot.find(RegistryQuery(capability: capability)).contains(where: { $0 === entry }) {
                faults.append("'\(name)' is not found by its capability '\(capability.clipped(64))'")
            }
        }
        return faults
    }
}
