import HeddleModel
import Synchronization

/// The sessions of legacy clients: which exist, and what runs in them.
///
/// Bounded: when there are too many, the one that was used longest ago is forgotten, and its client gets a 404, upon
/// which the protocol has it begin anew.
final class MCPSessions: Sendable {
    private struct Session {
        var lastUse: Int
        var calls: [[UInt8]: @Sendable () -> Void] = [:]
    }

    private struct State {
        var sessions: [String: Session] = [:]
        var uses = 0
    }

    private static let maximum = 10_000

    private let state = Mutex(State())

    /// Begins a session.
    func begin() -> String {
        let id = RequestID().rawValue
        state.withLock { state in
            if state.sessions.count >= Self.maximum,
                let oldest = state.sessions.filter({ $0.value.calls.isEmpty })
                    .min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                state.sessions[oldest.key] = nil
            }
            state.uses += 1
            state.sessions[id] = Session(lastUse: state.uses)
        }
        return id
    }

    /// Whether a session exists; using it keeps it.
    func use(_ id: String) -> Bool {
        state.withLock { state in
            state.uses += 1
            guard state.sessions[id] != nil else { return false }
            state.sessions[id]?.lastUse = state.uses
            return true
        }
    }

    /// Ends a session and what runs in it; false when there is none.
    func end(_ id: String) -> Bool {
        let session = state.withLock { $0.sessions.removeValue(forKey: id) }
        guard let session else { return false }
        for cancel in session.calls.values { cancel() }
        return true
    }

    func add(_ id: String, requestID: ArraySlice<UInt8>, cancel: @escaping @Sendable () -> Void) {
        state.withLock { $0.sessions[id]?.calls[Array(requestID)] = cancel }
    }

    func remove(_ id: String, requestID: ArraySlice<UInt8>) {
        state.withLock { $0.sessions[id]?.calls[Array(requestID)] = nil }
    }

    func cancel(_ id: String?, requestID: ArraySlice<UInt8>) {
        guard let id else { return }
        let cancel = state.withLock { $0.sessions[id]?.calls[Array(requestID)] }
        cancel?()
    }
}
