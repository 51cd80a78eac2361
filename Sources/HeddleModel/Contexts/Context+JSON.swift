package import JSON

extension Context {
    /// Writes the members of the context as clients see it; the caller opens and closes the object.
    package func write(to writer: inout JSONWriter) {
        writer.name("context_id")
        writer.string(id.rawValue)
        writer.rawMembers(attributesText.utf8.dropFirst().dropLast())
        writer.name("status")
        writer.string(status.rawValue)
        writer.name("version")
        writer.integer(version)
        writer.name("participant_count")
        writer.integer(participantCount)
        writer.name("session_count")
        writer.integer(sessionCount)
        writer.time("created_at", createdAt)
        writer.time("updated_at", updatedAt)
        writer.time("last_activity_at", lastActivityAt)
        writer.name("expires_at")
        if let expiresAt { writer.string(expiresAt.description) } else { writer.null() }
    }

    /// The context as clients see it.
    package var bytes: [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        write(to: &writer)
        writer.endObject()
        return writer.bytes
    }
}

extension JSONWriter {
    /// Writes a member that is a moment.
    package mutating func time(_ name: String, _ time: Timestamp) {
        self.name(name)
        string(time.description)
    }

    /// Writes a member that is a moment or null.
    package mutating func time(_ name: String, _ time: Timestamp?) {
        self.name(name)
        if let time { string(time.description) } else { null() }
    }
}
