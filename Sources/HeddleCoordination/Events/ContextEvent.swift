package import HeddleModel
package import JSON

/// Something that happened to a context, stored with the change itself.
package struct ContextEvent: Sendable {
    /// What happened, as subscribers know it.
    package enum Kind: String, Sendable, CaseIterable {
        case created = "context.created"
        case updated = "context.updated"
        case deleted = "context.deleted"
        /// It went on to another state of its life.
        case stateChanged = "context.state.changed"
        /// Its shared document has a new version.
        case sharedStateUpdated = "context.state.updated"
        case batchCreated = "contexts.created.batch"
        case participantJoined = "context.participant.joined"
        case participantLeft = "context.participant.left"
        case participantChanged = "participant.state.changed"
        case participantUpdated = "context.participant.updated"
        /// What it was to do is to be done by nobody.
        case participantTasksCancelled = "participant.tasks.cancel"
        /// What it held is free for others.
        case participantResourcesTransferred = "participant.resources.transfer"
        case participantsJoined = "participants.joined.batch"
        case sessionCreated = "context.session.created"
        case sessionUpdated = "context.session.updated"
        case sessionChanged = "context.session.state.changed"
        case metadataChanged = "context.metadata.changed"
        case metadataDeleted = "context.metadata.deleted"
        case snapshotCreated = "context.snapshot.created"
    }

    package let kind: Kind
    /// The context; nil for what happened to many at once.
    package let context: Context.ID?
    /// An object.
    package let data: [UInt8]

    package init(_ kind: Kind, _ context: Context.ID?, _ write: (inout JSONWriter) -> Void = { _ in }) {
        self.kind = kind
        self.context = context
        var writer = JSONWriter(capacity: 96)
        writer.beginObject()
        write(&writer)
        writer.endObject()
        data = writer.bytes
    }
}
