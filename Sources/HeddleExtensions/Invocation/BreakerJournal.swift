package import HeddleModel
package import HeddleResilience
import Synchronization

/// The last changes of all circuit breakers, for those who ask why a capability was not called.
package final class BreakerJournal: Sendable {
    /// A change.
    package struct Entry: Sendable {
        /// Counts the changes since the start.
        package let number: Int
        package let time: Timestamp
        package let extensionName: ExtensionName
        package let capability: String
        package let change: CircuitBreaker.Transition
    }

    /// Changes that are kept; a breaker changes at most once in a second or so.
    private static let most = 1000

    private let clock: any WallClock
    private let state = Mutex<(entries: [Entry], count: Int)>(([], 0))

    package init(clock: any WallClock) {
        self.clock = clock
    }

    /// The changes that are kept, the newest first.
    package var entries: [Entry] { state.withLock { $0.entries.reversed() } }

    func append(_ owner: ExtensionName, _ capability: String, _ change: CircuitBreaker.Transition) {
        let time = clock.now
        state.withLock { state in
            state.count += 1
            // Half of them at once, so that not each one moves all the others.
            if state.entries.count == Self.most { state.entries.removeFirst(Self.most / 2) }
            state.entries.append(
                Entry(
                    number: state.count,
                    time: time,
                    extensionName: owner,
                    capability: capability,
                    change: change
                )
            )
        }
    }
}
