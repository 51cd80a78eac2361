package import HeddleModel
package import JSON

/// Something that happened to a context.
package struct ContextEventResource: ServerResource {
    package let json: JSONValue
    package let type: String
    package let occurredAt: String
    /// Who did it.
    package let principal: String
    package let data: JSONValue

    /// Reads one element of the list of events.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when it has no type.
    package init(_ json: JSONValue) throws(HeddleError) {
        self.json = json
        type = try json.text("type")
        occurredAt = json["occurred_at"]?.string ?? ""
        principal = json["principal"]?.string ?? ""
        data = json["data"] ?? .null
    }
}
