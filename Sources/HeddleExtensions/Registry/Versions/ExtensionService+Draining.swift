import HeddleModel
import Synchronization

/// The pool of a version that was replaced, while it ends the calls that it began.
struct DrainingPool: Sendable {
    let name: ExtensionName
    let generation: Int
    let pool: InstancePool
}

extension ExtensionService {
    /// Lets a pool that takes no new calls end those that it has, and stops it then.
    func drain(_ pool: InstancePool, of version: RegisteredExtension) {
        draining.withLock {
            $0.append(DrainingPool(name: version.name, generation: version.generation, pool: pool))
        }
        background.add { [self] in
            let end = ContinuousClock.now + InvocationService.maximumTimeout
            // A cancelled sleep ends the loop: the server stops.
            while !pool.closeIfQuiet(), .now < end {
                do { try await Task.sleep(for: .milliseconds(20)) } catch { break }
            }
            await pool.close()
            draining.withLock { $0.removeAll { $0.pool === pool } }
        }
    }

    /// Stops what is left of replaced versions now; their calls fail.
    func closeDraining(_ name: ExtensionName) async {
        for old in draining.withLock({ $0.filter { $0.name == name } }) { await old.pool.close() }
    }

    /// The replaced versions that still end calls.
    func drainingGenerations(of name: ExtensionName) -> Set<Int> {
        Set(draining.withLock { $0.filter { $0.name == name }.map(\.generation) })
    }
}
