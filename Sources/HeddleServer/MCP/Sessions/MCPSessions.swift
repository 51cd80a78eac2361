import HeddleExtensions
import HeddleModel
import Synchronization

/// The sessions of legacy clients.
///
/// Bounded: when there are too many, the one that was used longest ago is forgotten, and its client gets a 404, upon
/// which the protocol has it begin anew.
final class MCPSessions: Sendable {
    private struct Entry {
        let session: MCPSession
        var lastUse: Int
    }

    private struct State {
        var sessions: [String: Entry] = [:]
        var uses = 0
    }

    private static let maximum = 10_000

    private let state = Mutex(State())
    private let relay: RelayService

    init(relay: RelayService) {
        self.relay = relay
    }

    /// Begins a session.
    func begin(_ opening: MCPSession.Opening) -> MCPSession {
        let session = MCPSession(id: RequestID().rawValue, opening)
        let forgotten = state.withLock { state -> MCPSession? in
            var forgotten: MCPSession?
            if state.sessions.count >= Self.maximum,
                let oldest = state.sessions.filter({ $0.value.session.isQuiet })
                    .min(by: { $0.value.lastUse < $1.value.lastUse })
                    ?? state.sessions.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                forgotten = state.sessions.removeValue(forKey: oldest.key)?.session
            }
            state.uses += 1
            state.sessions[session.id] = Entry(session: session, lastUse: state.uses)
            return forgotten
        }
        if let forgotten { end(forgotten) }
        return session
    }

    /// The session of an id; using it keeps it.
    func use(_ id: String) -> MCPSession? {
        state.withLock { state in
            state.uses += 1
            guard state.sessions[id] != nil else { return nil }
            state.sessions[id]?.lastUse = state.uses
            return state.sessions[id]?.session
        }
    }

    /// Ends a session and what runs in it; false when there is none.
    func end(_ id: String) -> Bool {
        let entry = state.withLock { $0.sessions.removeValue(forKey: id) }
        if let entry { end(entry.session) }
        return entry != nil
    }

    private func end(_ session: MCPSession) {
        for (uri, name) in session.end() { relay.unsubscribe(uri, from: name) }
    }

    /// Every session, for what all are told.
    var all: [MCPSession] { state.withLock { $0.sessions.values.map(\.session) } }
}
