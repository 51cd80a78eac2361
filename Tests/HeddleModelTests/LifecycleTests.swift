import HeddleModel
import Testing

@Suite("The lifecycle of an extension version")
struct ExtensionStateTests {
    private static let edges: [ExtensionState: Set<ExtensionState>] = [
        .registered: [.installing, .uninstalling],
        .installing: [.installed, .error],
        .installed: [.activating, .uninstalling],
        .activating: [.active, .error],
        .active: [.deactivating, .quarantined, .deprecated, .uninstalling, .error],
        .deactivating: [.inactive, .error],
        .inactive: [.activating, .deprecated, .uninstalling],
        .error: [.installing, .activating, .uninstalling],
        .quarantined: [.active, .deactivating, .uninstalling],
        .deprecated: [.uninstalling],
        .uninstalling: [],
    ]

    @Test("has the listed edges and no other", arguments: ExtensionState.allCases, ExtensionState.allCases)
    func edge(_ state: ExtensionState, _ next: ExtensionState) throws {
        let isListed = Self.edges[state]?.contains(next) ?? false
        #expect(state.canTransition(to: next) == isListed)
        guard !isListed else {
            #expect(try state.transition(to: next) == next)
            return
        }
        let error = #expect(throws: HeddleError.self) { try state.transition(to: next) }
        #expect(error?.code == .invalidStateTransition)
        #expect(error?.details == ["from": state.rawValue, "to": next.rawValue])
    }

    @Test("leads from registration to every state, and from every state to the end")
    func reachability() {
        for state in ExtensionState.allCases {
            #expect(Self.reachable(from: .registered).contains(state))
            #expect(Self.reachable(from: state).contains(.uninstalling))
        }
    }

    private static func reachable(from start: ExtensionState) -> Set<ExtensionState> {
        var seen: Set<ExtensionState> = [start]
        var frontier = [start]
        while let state = frontier.popLast() {
            for next in ExtensionState.allCases where state.canTransition(to: next) && seen.insert(next).inserted {
                frontier.append(next)
            }
        }
        return seen
    }
}

@Suite("The lifecycle of an instance")
struct InstanceStateTests {
    private static let edges: [InstanceState: Set<InstanceState>] = [
        .starting: [.ready, .stopped, .failed],
        .ready: [.draining, .stopped, .failed],
        .draining: [.ready, .stopped, .failed],
        .stopped: [],
        .failed: [],
    ]

    @Test("has the listed edges and no other", arguments: InstanceState.allCases, InstanceState.allCases)
    func edge(_ state: InstanceState, _ next: InstanceState) {
        #expect(state.canTransition(to: next) == (Self.edges[state]?.contains(next) ?? false))
    }
}
