package import HeddleModel
package import JSON

/// The shared state of a context, or a part of it.
package struct SharedStateResource: ServerResource {
    package let json: JSONValue
    package let version: Int
    package let checksum: String
    /// The document, or what is at the path that was asked for; nil in the answer to a change.
    package let value: JSONValue?

    /// Reads an answer about a shared state.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when it has no checksum.
    package init(_ json: JSONValue) throws(HeddleError) {
        self.json = json
        checksum = try json.text("checksum")
        version = json["version"]?.integer ?? 0
        value = json["path"] == nil ? json["document"] : json["value"]
    }
}

/// A shared state that was kept.
package struct SnapshotResource: ServerResource {
    package let json: JSONValue
    package let id: String
    package let name: String
    package let version: Int
    package let createdAt: String
    package let byteCount: Int

    /// Reads an answer about a snapshot.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when it has no id.
    package init(_ json: JSONValue) throws(HeddleError) {
        self.json = json
        id = try json.text("snapshot_id")
        name = json["name"]?.string ?? ""
        version = json["version"]?.integer ?? 0
        createdAt = json["created_at"]?.string ?? ""
        byteCount = json["size_bytes"]?.integer ?? 0
    }
}
