package import HeddleModel
package import JSON

/// A participant of a context as the server shows it.
package struct ParticipantResource: ServerResource {
    package let json: JSONValue
    package let id: String
    /// Who it is.
    package let agent: String
    package let type: String
    package let status: String
    package let displayName: String
    package let roles: [String]
    package let permissions: [String]
    package let joinedAt: String

    /// Reads an answer about one participant.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when it has no id, agent or status.
    package init(_ json: JSONValue) throws(HeddleError) {
        self.json = json
        id = try json.text("participant_id")
        agent = try json.text("agent_id")
        status = try json.text("status")
        type = json["participant_type"]?.string ?? ""
        displayName = json["display_name"]?.string ?? ""
        roles = json.texts("roles")
        permissions = json.texts("permissions")
        joinedAt = json["joined_at"]?.string ?? ""
    }
}
