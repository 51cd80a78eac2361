/// Where one version of an extension is in its life.
package enum ExtensionState: String, Sendable, CaseIterable {
    /// Known and checked. Can transition to `installing` or `uninstalling`.
    case registered
    /// Its files are being fetched and tried. Can transition to `installed` or `error`.
    case installing
    /// Its files are there and it has been seen to start. Can transition to `activating` or `uninstalling`.
    case installed
    /// Its capabilities are being put up. Can transition to `active` or `error`.
    case activating
    /// Its capabilities can be called. Can transition to `deactivating`, `quarantined`, `deprecated` or `uninstalling`,
    /// or to `error`.
    case active
    /// Its instances are being stopped. Can transition to `inactive` or `error`.
    case deactivating
    /// Kept, but not callable. Can transition to `activating`, `deprecated` or `uninstalling`.
    case inactive
    /// A step failed. Can transition to `installing`, `activating` or `uninstalling`.
    case error
    /// Taken out of service until somebody has looked. Can transition to `active`, `deactivating` or `uninstalling`.
    case quarantined
    /// Replaced by a newer version. Can transition to `uninstalling`.
    case deprecated
    /// Its files are being removed, after which it is gone.
    case uninstalling

    /// Whether the life goes on from here to another state.
    package func canTransition(to next: ExtensionState) -> Bool {
        switch self {
        case .registered: next == .installing || next == .uninstalling
        case .installing: next == .installed || next == .error
        case .installed: next == .activating || next == .uninstalling
        case .activating: next == .active || next == .error
        case .active: [.deactivating, .quarantined, .deprecated, .uninstalling, .error].contains(next)
        case .deactivating: next == .inactive || next == .error
        case .inactive: [.activating, .deprecated, .uninstalling].contains(next)
        case .error: [.installing, .activating, .uninstalling].contains(next)
        case .quarantined: [.active, .deactivating, .uninstalling].contains(next)
        case .deprecated: next == .uninstalling
        case .uninstalling: false
        }
    }

    /// The next state, when there is such an edge.
    ///
    /// - Throws: ``HeddleError`` with `invalidStateTransition` when there is none.
    package func transition(to next: ExtensionState) throws(HeddleError) -> ExtensionState {
        guard canTransition(to: next) else {
            throw HeddleError(
                .invalidStateTransition,
                "an extension that is \(rawValue) cannot become \(next.rawValue)",
                details: ["from": rawValue, "to": next.rawValue]
            )
        }
        return next
    }
}
