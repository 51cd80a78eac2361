/// Where one running process of an extension is in its life.
package enum InstanceState: String, Sendable, CaseIterable {
    /// The process is being started and greeted. Can transition to `ready`, `stopped` or `failed`.
    case starting
    /// It takes calls. Can transition to `draining`, `stopped` or `failed`.
    case ready
    /// It ends the calls it has and takes no new ones. Can transition to `ready`, `stopped` or `failed`.
    case draining
    /// It ended because it was told to. Terminal.
    case stopped
    /// It ended, or broke the protocol, on its own. Terminal.
    case failed

    /// Whether the life goes on from here to another state.
    package func canTransition(to next: InstanceState) -> Bool {
        switch self {
        case .starting: next == .ready || next == .stopped || next == .failed
        case .ready: next == .draining || next == .stopped || next == .failed
        case .draining: next == .ready || next == .stopped || next == .failed
        case .stopped, .failed: false
        }
    }
}
