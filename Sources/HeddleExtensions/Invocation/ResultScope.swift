import HeddleCache
import Synchronization

/// What the kept results of an extension have in common, over all its versions: they are forgotten together.
final class ResultScope: Sendable {
    private struct State {
        var isUsed = false
        var writes = 0
        /// Calls that may still change something though nobody waits for them, by the number of their process.
        var open: [UInt64: Int] = [:]
    }

    /// Names the results.
    let tag: CacheTag
    private static let lastNumber = Atomic<Int>(0)
    private let state = Mutex(State())

    init() {
        tag = CacheTag(Self.lastNumber.add(1, ordering: .relaxed).newValue)
    }

    /// Whether there may be results, or will be when a call under way ends.
    var isUsed: Bool { state.withLock(\.isUsed) }

    /// A call begins whose result may be kept; how often something may have changed up to now.
    func use() -> Int {
        state.withLock { state in
            state.isUsed = true
            return state.writes
        }
    }

    /// How often something may have changed.
    var writes: Int { state.withLock(\.writes) }

    /// Something may have changed; to be noted before the results are forgotten.
    func noteWrite() { state.withLock { $0.writes += 1 } }

    // MARK: Calls whose end nobody knows

    /// Whether something may change that nobody will tell of.
    var hasOpenWrites: Bool { state.withLock { !$0.open.isEmpty } }

    /// A call that may change something was given up while a process had it.
    func left(_ process: UInt64) { state.withLock { $0.open[process, default: 0] += 1 } }

    /// An answer came that nobody waited for; whether it may be that of such a call.
    func answeredLate(_ process: UInt64) -> Bool {
        state.withLock { state in
            guard let count = state.open[process] else { return false }
            state.open[process] = count > 1 ? count - 1 : nil
            return true
        }
    }

    /// A process has ended, and with it what it had; whether there was such a call.
    func ended(_ process: UInt64) -> Bool { state.withLock { $0.open.removeValue(forKey: process) != nil } }
}
