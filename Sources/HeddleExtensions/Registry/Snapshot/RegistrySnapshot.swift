import HeddleModel
import Synchronization

/// The registry at one moment: what a call looks up without waiting for anything.
///
/// Extensions are spread over buckets by their names. A change makes one new bucket and shares the others with the
/// snapshot before, so that it costs the same among ten extensions as among a hundred thousand.
package final class RegistrySnapshot: Sendable {
    private static let bucketCount = 512

    private let buckets: [RegistryBucket]
    /// Extensions in all.
    package let count: Int
    // What few ask for is made when it is first asked for.
    private let sorted = Mutex<[RegistryEntry]?>(nil)
    private let exported = Mutex<[RegistryEntry.ExportedTool]?>(nil)

    init() {
        buckets = Array(repeating: RegistryBucket([:]), count: Self.bucketCount)
        count = 0
    }

    private init(_ buckets: [RegistryBucket], count: Int) {
        self.buckets = buckets
        self.count = count
    }

    private static func bucket(of name: String) -> Int {
        Int(bitPattern: UInt(bitPattern: name.hashValue) % UInt(bucketCount))
    }

    /// The extension with a name.
    package func entry(_ name: String) -> RegistryEntry? { buckets[Self.bucket(of: name)].entries[name] }

    /// The extensions with these names in their order; nil for one that is not there.
    package func entries(_ names: [String]) -> [RegistryEntry?] { names.map(entry) }

    /// The tool with an exported name.
    package func exportedTool(_ name: String) -> RegistryEntry.ExportedTool? {
        // No extension's name has two underscores in a row.
        guard let separator = name.firstRange(of: "__") else { return nil }
        return entry(String(name[..<separator.lowerBound]))?.exportedTool(name)
    }

    /// Every extension in the order of the names.
    package var entries: [RegistryEntry] {
        sorted.withLock { sorted in
            if let sorted { return sorted }
            let made = all.sorted { $0.registered.name.rawValue < $1.registered.name.rawValue }
            sorted = made
            return made
        }
    }

    /// The tools of all active extensions, in the order of the extensions.
    package var exportedTools: [RegistryEntry.ExportedTool] {
        exported.withLock { exported in
            if let exported { return exported }
            let made = entries.flatMap(\.exportedTools)
            exported = made
            return made
        }
    }

    /// Every extension in no order.
    package var all: some Sequence<RegistryEntry> { buckets.lazy.flatMap(\.entries.values) }

    /// The extensions that a query asks for, in the order of their names.
    package func find(_ query: RegistryQuery) -> [RegistryEntry] {
        buckets.flatMap { $0.find(query) }.sorted { $0.registered.name.rawValue < $1.registered.name.rawValue }
    }

    /// A snapshot in which some names have other entries; nil stands for none.
    func replacing(_ changes: [(name: String, entry: RegistryEntry?)]) -> RegistrySnapshot {
        var next = buckets
        var count = count
        for (index, changes) in Dictionary(grouping: changes, by: { Self.bucket(of: $0.name) }) {
            var entries = next[index].entries
            count -= entries.count
            for (name, entry) in changes { entries[name] = entry }
            count += entries.count
            next[index] = RegistryBucket(entries)
        }
        return RegistrySnapshot(next, count: count)
    }
}
