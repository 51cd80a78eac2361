import HeddleModel
import Synchronization

/// The registered extensions in memory: a snapshot that is replaced after each committed change.
package final class ExtensionRegistry: Sendable {
    /// What only those who change the registry need.
    fileprivate struct Bookkeeping {
        /// How many extensions name one as their dependency.
        var dependants: [ExtensionName: Int] = [:]
        /// Which extensions say of one that they cannot be beside it.
        var conflicts: [ExtensionName: Set<ExtensionName>] = [:]
        /// The real users that extensions run as.
        var users: Set<UInt32> = []
    }

    // Writers make the next snapshot under their own lock, so that nobody who looks something up waits for it.
    private let bookkeeping = Mutex(Bookkeeping())
    private let current = Mutex(RegistrySnapshot())
    /// Who wants to know of changes is told here.
    package let events = ExtensionEvents()

    package init() {}

    /// The registry now.
    package var snapshot: RegistrySnapshot { current.withLock { $0 } }

    /// Whether others name an extension as their dependency.
    func hasDependants(_ name: ExtensionName) -> Bool { bookkeeping.withLock { $0.dependants[name] != nil } }

    /// The extensions that say of one that they cannot be beside it, in the order of their names.
    func conflicting(with name: ExtensionName) -> [ExtensionName] {
        bookkeeping.withLock { $0.conflicts[name, default: []] }.sorted { $0.rawValue < $1.rawValue }
    }

    /// Whether an extension runs as a user.
    func isTaken(user: UInt32) -> Bool { bookkeeping.withLock { $0.users.contains(user) } }

    /// Puts in extensions with new pools.
    package func add(_ added: [(RegisteredExtension, InstancePool)]) {
        change { _ in added.map { ($0.0.name.rawValue, RegistryEntry($0.0, $0.1)) } }
    }

    /// Puts a newer form of an extension in the place of the one that has this pool.
    ///
    /// An older form than the known one is ignored, and so is one whose extension was removed meanwhile.
    func replace(_ entry: RegisteredExtension, of pool: InstancePool) {
        change { snapshot in
            guard let known = snapshot.entry(entry.name.rawValue), known.pool === pool,
                known.registered.edits < entry.edits
            else { return [] }
            return [(entry.name.rawValue, RegistryEntry(entry, pool))]
        }
    }

    /// Puts a version with its pool in the place of the one that has another pool.
    func exchange(_ entry: RegisteredExtension, _ pool: InstancePool, for old: InstancePool) {
        change { snapshot in
            guard snapshot.entry(entry.name.rawValue)?.pool === old else { return [] }
            return [(entry.name.rawValue, RegistryEntry(entry, pool))]
        }
    }

    func remove(_ name: ExtensionName) {
        change { _ in [(name.rawValue, nil)] }
    }

    private func change(_ body: (RegistrySnapshot) -> [(name: String, entry: RegistryEntry?)]) {
        bookkeeping.withLock { bookkeeping in
            let known = current.withLock { $0 }
            let changes = body(known)
            guard !changes.isEmpty else { return }
            for (name, entry) in changes {
                if let old = known.entry(name) { bookkeeping.remove(old.registered) }
                if let entry { bookkeeping.add(entry.registered) }
            }
            let next = known.replacing(changes)
            current.withLock { $0 = next }
            for (name, entry) in changes where entry?.offersSame(as: known.entry(name)) != true {
                events.sendAll(of: name)
            }
        }
    }
}

extension ExtensionRegistry.Bookkeeping {
    fileprivate mutating func add(_ entry: RegisteredExtension) {
        users.insert(entry.userID)
        for dependency in entry.manifest.dependencies { dependants[dependency.name, default: 0] += 1 }
        for other in entry.manifest.compatibility.conflicts { conflicts[other, default: []].insert(entry.name) }
    }

    fileprivate mutating func remove(_ entry: RegisteredExtension) {
        users.remove(entry.userID)
        for dependency in entry.manifest.dependencies {
            let left = dependants[dependency.name, default: 0] - 1
            dependants[dependency.name] = left > 0 ? left : nil
        }
        for other in entry.manifest.compatibility.conflicts {
            conflicts[other]?.remove(entry.name)
            if conflicts[other]?.isEmpty == true { conflicts[other] = nil }
        }
    }
}
