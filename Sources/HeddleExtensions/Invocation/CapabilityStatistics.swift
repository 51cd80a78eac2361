import HeddleModel
package import HeddleTelemetry
import Synchronization

/// What the calls of one capability came to, kept over its versions and restarts of its processes.
package final class CapabilityStatistics: Sendable {
    /// What was counted up to a moment.
    package struct Reading: Sendable {
        package var calls = CallStatistics()
        /// Tries after the first.
        package var retries = 0
        /// Calls that a second process was asked besides the first.
        package var hedges = 0
        /// How often the breaker opened.
        package var opened = 0
    }

    private let state = Mutex(Reading())

    package var reading: Reading { state.withLock { $0 } }

    func queued(now: ContinuousClock.Instant) { state.withLock { $0.calls.queued(now: now) } }

    func dequeued(now: ContinuousClock.Instant) { state.withLock { $0.calls.dequeued(now: now) } }

    func began(waited: Duration, now: ContinuousClock.Instant) {
        let nanoseconds = waited.nanoseconds
        state.withLock { $0.calls.began(waited: nanoseconds, now: now) }
    }

    /// A call that began has ended.
    func ended(_ failure: CallFailure?, after time: Duration, now: ContinuousClock.Instant) {
        let nanoseconds = time.nanoseconds
        state.withLock { $0.calls.ended(failure, nanoseconds: nanoseconds, now: now) }
    }

    /// A call was not begun.
    func failed(_ failure: CallFailure, now: ContinuousClock.Instant) {
        state.withLock { $0.calls.failed(failure, now: now) }
    }

    func looked(_ lookup: CacheLookup, now: ContinuousClock.Instant) {
        state.withLock { $0.calls.looked(lookup, now: now) }
    }

    func retried() { state.withLock { $0.retries += 1 } }

    func hedged() { state.withLock { $0.hedges += 1 } }

    func breakerOpened() { state.withLock { $0.opened += 1 } }
}

/// What outlives the versions of extensions, by their names: the statistics of capabilities that were ever called, and what
/// their kept results have in common.
package final class StatisticsBook: Sendable {
    private struct Page {
        var capabilities: [String: CapabilityStatistics] = [:]
        let results = ResultScope()
    }

    private let pages = Mutex<[ExtensionName: Page]>([:])

    package init() {}

    /// What is counted for a capability, from now on if there is nothing yet.
    func capability(_ name: String, of owner: ExtensionName) -> CapabilityStatistics {
        pages.withLock { pages in
            if let known = pages[owner]?.capabilities[name] { return known }
            let new = CapabilityStatistics()
            pages[owner, default: Page()].capabilities[name] = new
            return new
        }
    }

    /// What the results of an extension have in common.
    func results(of owner: ExtensionName) -> ResultScope {
        pages.withLock { $0[owner, default: Page()].results }
    }

    /// Forgets an extension that was removed.
    func remove(_ owner: ExtensionName) { pages.withLock { $0[owner] = nil } }
}

extension Duration {
    /// Whole nanoseconds, none for a time that lies behind.
    fileprivate var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return UInt64(seconds) &* 1_000_000_000 &+ UInt64(attoseconds / 1_000_000_000)
    }
}
