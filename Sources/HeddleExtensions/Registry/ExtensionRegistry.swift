import HeddleModel
import Synchronization

/// The registered extensions in memory: a snapshot that is replaced as a whole after each committed change.
package final class ExtensionRegistry: Sendable {
    private typealias Extensions = [String: (registered: RegisteredExtension, pool: InstancePool)]

    // Writers make the next snapshot under their own lock, so that nobody who looks something up waits for it.
    private let extensions = Mutex(Extensions())
    private let current = Mutex(RegistrySnapshot([]))

    package init() {}

    /// The registry now.
    package var snapshot: RegistrySnapshot { current.withLock { $0 } }

    /// Puts in extensions with new pools.
    func add(_ added: [(RegisteredExtension, InstancePool)]) {
        change { extensions in
            for (entry, pool) in added { extensions[entry.name.rawValue] = (entry, pool) }
        }
    }

    /// Puts a newer form of an extension in the place of the one that has this pool.
    ///
    /// An older form than the known one is ignored, and so is one whose extension was removed meanwhile.
    func replace(_ entry: RegisteredExtension, of pool: InstancePool) {
        change { extensions in
            guard let known = extensions[entry.name.rawValue], known.pool === pool,
                known.registered.edits < entry.edits
            else { return }
            extensions[entry.name.rawValue] = (entry, pool)
        }
    }

    /// Puts a version with its pool in the place of the one that has another pool.
    func exchange(_ entry: RegisteredExtension, _ pool: InstancePool, for old: InstancePool) {
        change { extensions in
            guard extensions[entry.name.rawValue]?.pool === old else { return }
            extensions[entry.name.rawValue] = (entry, pool)
        }
    }

    func remove(_ name: ExtensionName) {
        change { $0[name.rawValue] = nil }
    }

    private func change(_ body: (inout Extensions) -> Void) {
        extensions.withLock { extensions in
            body(&extensions)
            let next = RegistrySnapshot(extensions.values.map { ($0.registered, $0.pool) })
            current.withLock { $0 = next }
        }
    }
}
