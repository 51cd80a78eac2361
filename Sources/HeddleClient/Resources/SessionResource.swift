package import HeddleModel
package import JSON

/// A session of a context as the server shows it.
package struct SessionResource: ServerResource {
    package let json: JSONValue
    package let id: String
    package let name: String
    package let type: String
    package let status: String
    /// How many take part, and how many of them are at work now.
    package let participantCount: Int
    package let activeCount: Int
    package let startedAt: String
    package let completedAt: String

    /// Reads an answer about one session.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when it has no id, name or status.
    package init(_ json: JSONValue) throws(HeddleError) {
        self.json = json
        id = try json.text("session_id")
        name = try json.text("name")
        status = try json.text("status")
        type = json["type"]?.string ?? ""
        participantCount = json["participants"]?.array?.count ?? 0
        activeCount = json["active_participants"]?.array?.count ?? 0
        startedAt = json["started_at"]?.string ?? ""
        completedAt = json["completed_at"]?.string ?? ""
    }
}
