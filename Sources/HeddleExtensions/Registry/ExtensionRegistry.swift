import HeddleModel
import Synchronization

/// The registered extensions in memory: a snapshot that is replaced as a whole after each committed change.
package final class ExtensionRegistry: Sendable {
    fileprivate struct State {
        var extensions: [String: (RegisteredExtension, InstancePool)] = [:]
        var snapshot = RegistrySnapshot([], generation: 0)
    }

    private let state = Mutex(State())

    package init() {}

    /// The registry now.
    package var snapshot: RegistrySnapshot { state.withLock { $0.snapshot } }

    /// Puts in extensions, or newer forms of them; an older form than the known one is ignored.
    func publish(_ changed: [(RegisteredExtension, InstancePool)]) {
        state.withLock { state in
            for (entry, pool) in changed {
                if let known = state.extensions[entry.name.rawValue]?.0, known.createdAt == entry.createdAt,
                    known.edits > entry.edits
                {
                    continue
                }
                state.extensions[entry.name.rawValue] = (entry, pool)
            }
            state.renew()
        }
    }

    func remove(_ name: ExtensionName) {
        state.withLock { state in
            state.extensions[name.rawValue] = nil
            state.renew()
        }
    }
}

extension ExtensionRegistry.State {
    fileprivate mutating func renew() {
        snapshot = RegistrySnapshot(Array(extensions.values), generation: snapshot.generation + 1)
    }
}
