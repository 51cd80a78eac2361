/// What an extension is for, as its manifest's `type` says it.
package enum ExtensionKind: String, Sendable, CaseIterable {
    case capability
    case ai
    case security
    case auth
    case ui
    case background
    case data
    case integration
    case monitoring
    case workflow
    case other

    /// How it is loaded unless its manifest says otherwise: what others rely on runs before they do.
    package var loadingStrategy: LoadingStrategy {
        switch self {
        case .security, .auth: .eager
        case .background: .background
        case .capability, .ai, .ui, .data, .integration, .monitoring, .workflow, .other: .lazy
        }
    }
}

/// When the processes of an extension are started and stopped.
package enum LoadingStrategy: String, Sendable, CaseIterable {
    /// Started with the server, dependencies first, and kept running.
    case eager
    /// Started by the first call, stopped after a while without one.
    case lazy
    /// Started by a call, stopped as soon as no call is under way.
    case onDemand = "on_demand"
    /// Started once the server serves, a few at a time, stopped after a while without a call.
    case background
}
