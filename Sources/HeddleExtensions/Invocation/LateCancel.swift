import Synchronization

/// Gives up what is only known later how to give up.
package final class LateCancel: Sendable {
    private struct State {
        var isCancelled = false
        var isOver = false
        var cancel: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    package init() {}

    /// Says how; at once when it was given up already.
    package func set(_ cancel: @escaping @Sendable () -> Void) {
        let isCancelled = state.withLock { state in
            guard !state.isOver else { return false }
            state.cancel = cancel
            return state.isCancelled
        }
        if isCancelled { cancel() }
    }

    /// It is over: what would give it up is of no more use, and holds nothing any more.
    package func end() {
        // Let go outside of the lock, since it may hold much.
        _ = state.withLock { state -> (@Sendable () -> Void)? in
            state.isOver = true
            defer { state.cancel = nil }
            return state.cancel
        }
    }

    /// Whether it was given up.
    package var isCancelled: Bool { state.withLock(\.isCancelled) }

    /// Gives it up.
    package func cancel() {
        let cancel = state.withLock { state in
            state.isCancelled = true
            return state.cancel
        }
        cancel?()
    }
}
