/// How the participants of a context work together.
package enum ContextType: String, Sendable, CaseIterable {
    case collaborative
    case sequential
    case parallel
    case hierarchical
    case peerToPeer = "peer_to_peer"
    case broadcast
    case pipeline
}

/// What owns a context.
package enum OwnerType: String, Sendable, CaseIterable {
    case user
    case system
    case service
}

/// How long a context stays.
package enum PersistenceLevel: String, Sendable, CaseIterable {
    /// Until its time is over.
    case session
    /// Until somebody ends it: its time is never over.
    case persistent
}

/// Whether what belongs to one is seen by the others.
package enum IsolationLevel: String, Sendable, CaseIterable {
    case shared
    case strict
}

/// Who finds a context.
package enum ContextVisibility: String, Sendable, CaseIterable {
    case `private`
    case tenant
    case `public`
}

/// Who may join a context.
package enum JoinPolicy: String, Sendable, CaseIterable {
    /// Everybody who finds it.
    case open
    /// Those who bring its join token.
    case invitationOnly = "invitation_only"
    /// Nobody any more.
    case closed
}

/// How much a context matters beside others.
package enum ContextPriority: String, Sendable, CaseIterable {
    case low
    case normal
    case high
    case critical
}

/// What takes part in a context.
package enum ParticipantType: String, Sendable, CaseIterable {
    case agent
    case human
    case service
    case system
}

/// Who may see a metadata item.
package enum AccessLevel: String, Sendable, CaseIterable {
    case `public`
    case participants
    case owner
}
