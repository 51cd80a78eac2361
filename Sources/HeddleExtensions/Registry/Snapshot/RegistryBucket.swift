import HeddleModel
import Synchronization

/// Some of the extensions, with indexes of their own that are made when somebody first searches.
final class RegistryBucket: Sendable {
    private struct Indexes {
        var kinds: [ExtensionKind: [RegistryEntry]] = [:]
        var capabilities: [String: [RegistryEntry]] = [:]
    }

    let entries: [String: RegistryEntry]
    private let indexes = Mutex<Indexes?>(nil)

    init(_ entries: [String: RegistryEntry]) {
        self.entries = entries
    }

    /// The entries that a query asks for, in no order.
    func find(_ query: RegistryQuery) -> [RegistryEntry] {
        guard !entries.isEmpty else { return [] }
        let indexes = made
        let found: [RegistryEntry]
        if let capability = query.capability {
            found = indexes.capabilities[capability] ?? []
        } else if let kind = query.kind {
            found = indexes.kinds[kind] ?? []
        } else {
            found = Array(entries.values)
        }
        return found.filter(query.matches)
    }

    private var made: Indexes {
        indexes.withLock { indexes in
            if let indexes { return indexes }
            var made = Indexes()
            for entry in entries.values {
                made.kinds[entry.registered.manifest.kind, default: []].append(entry)
                for capability in entry.capabilityNames { made.capabilities[capability, default: []].append(entry) }
            }
            indexes = made
            return made
        }
    }
}
