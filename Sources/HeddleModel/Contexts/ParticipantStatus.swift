/// Where a participant of a context is in its life.
package enum ParticipantStatus: String, Sendable, CaseIterable {
    /// Its row is being written. Can transition to `active` or `leaving`.
    case joining
    /// It takes part. Can transition to `inactive` or `leaving`.
    case active
    /// It holds its place and does nothing. Can transition to `active` or `leaving`.
    case inactive
    /// Its tasks are cancelled and what it held is passed on. Can transition to `left`.
    case leaving
    /// It is gone; its row is kept for a while. Terminal.
    case left

    /// Whether the life goes on from here to another state.
    package func canTransition(to next: ParticipantStatus) -> Bool {
        switch self {
        case .joining: next == .active || next == .leaving
        case .active: next == .inactive || next == .leaving
        case .inactive: next == .active || next == .leaving
        case .leaving: next == .left
        case .left: false
        }
    }

    /// The next state, when there is such an edge.
    ///
    /// - Throws: ``HeddleError`` with `invalidStateTransition` when there is none.
    package func transition(to next: ParticipantStatus) throws(HeddleError) -> ParticipantStatus {
        guard canTransition(to: next) else {
            throw .noTransition("a participant", from: rawValue, to: next.rawValue)
        }
        return next
    }
}
