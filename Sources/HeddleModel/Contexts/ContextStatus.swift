/// Where a context is in its life.
package enum ContextStatus: String, Sendable, CaseIterable {
    /// Its rows are being written. Can transition to `active`.
    case creating
    /// Participants come, work and go. Can transition to `paused` or `terminating`.
    case active
    /// Kept as it is; nobody joins and no session begins. Can transition to `active` or `terminating`.
    case paused
    /// Its participants leave and its sessions end. Can transition to `terminated`.
    case terminating
    /// Over, and kept to be read. Terminal.
    case terminated

    /// Whether the life goes on from here to another state.
    package func canTransition(to next: ContextStatus) -> Bool {
        switch self {
        case .creating: next == .active
        case .active: next == .paused || next == .terminating
        case .paused: next == .active || next == .terminating
        case .terminating: next == .terminated
        case .terminated: false
        }
    }

    /// The next state, when there is such an edge.
    ///
    /// - Throws: ``HeddleError`` with `invalidStateTransition` when there is none.
    package func transition(to next: ContextStatus) throws(HeddleError) -> ContextStatus {
        guard canTransition(to: next) else {
            throw .noTransition("a context", from: rawValue, to: next.rawValue)
        }
        return next
    }
}

extension HeddleError {
    /// The error of an edge that a lifecycle does not have.
    static func noTransition(_ what: String, from: String, to next: String) -> HeddleError {
        HeddleError(
            .invalidStateTransition,
            "\(what) that is \(from) cannot become \(next)",
            details: ["from": from, "to": next]
        )
    }
}
