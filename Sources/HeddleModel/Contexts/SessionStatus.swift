/// Where a session of a context is in its life.
package enum SessionStatus: String, Sendable, CaseIterable {
    /// Its row is being written. Can transition to `active` or `failed`.
    case initializing
    /// Its participants work. Can transition to `paused`, `completed` or `failed`.
    case active
    /// It is held. Can transition to `active`, `completed` or `failed`.
    case paused
    /// It reached its end. Terminal.
    case completed
    /// It ended otherwise. Terminal.
    case failed

    /// Whether the session holds a place among those that its context may have at once.
    package var isOpen: Bool {
        switch self {
        case .initializing, .active, .paused: true
        case .completed, .failed: false
        }
    }

    /// Whether the life goes on from here to another state.
    package func canTransition(to next: SessionStatus) -> Bool {
        switch self {
        case .initializing: next == .active || next == .failed
        case .active: next == .paused || next == .completed || next == .failed
        case .paused: next == .active || next == .completed || next == .failed
        case .completed, .failed: false
        }
    }

    /// The next state, when there is such an edge.
    ///
    /// - Throws: ``HeddleError`` with `invalidStateTransition` when there is none.
    package func transition(to next: SessionStatus) throws(HeddleError) -> SessionStatus {
        guard canTransition(to: next) else {
            throw .noTransition("a session", from: rawValue, to: next.rawValue)
        }
        return next
    }
}
