package import HeddleModel
package import JSON

/// A context as the server shows it.
package struct ContextResource: ServerResource {
    package let json: JSONValue
    package let id: String
    package let name: String
    package let type: String
    /// The state's name; a newer server may have states that ``ContextStatus`` does not know.
    package let status: String
    package let summary: String
    /// Counts the changes, to say which state of things a request means.
    package let version: Int
    package let participantCount: Int
    package let mostParticipants: Int
    package let sessionCount: Int
    package let mostSessions: Int
    package let owner: String
    package let tags: [String]
    package let createdAt: String
    package let updatedAt: String
    /// Nil for one whose time is never over.
    package let expiresAt: String?
    /// What lets others in, when it was asked for or the context is new.
    package let joinToken: String?

    /// Reads an answer about one context.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when it has no id, name or status.
    package init(_ json: JSONValue) throws(HeddleError) {
        self.json = json
        id = try json.text("context_id")
        name = try json.text("name")
        status = try json.text("status")
        type = json["type"]?.string ?? ""
        summary = json["description"]?.string ?? ""
        version = json["version"]?.integer ?? 0
        participantCount = json["participant_count"]?.integer ?? 0
        mostParticipants = json["configuration"]?["max_participants"]?.integer ?? 0
        sessionCount = json["session_count"]?.integer ?? 0
        mostSessions = json["configuration"]?["max_sessions"]?.integer ?? 0
        owner = json["owner"]?["owner_id"]?.string ?? ""
        tags = json["metadata"]?.texts("tags") ?? []
        createdAt = json["created_at"]?.string ?? ""
        updatedAt = json["updated_at"]?.string ?? ""
        expiresAt = json["expires_at"]?.string
        joinToken = json["access_info"]?["join_token"]?.string
    }
}
