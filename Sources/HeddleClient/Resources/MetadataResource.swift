package import HeddleModel
package import JSON

/// A metadata item of a context as the server shows it.
package struct MetadataResource: ServerResource {
    package let json: JSONValue
    package let key: String
    package let value: JSONValue
    package let version: Int
    package let updatedAt: String
    package let updatedBy: String

    /// Reads an answer about one item.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when it has no key.
    package init(_ json: JSONValue) throws(HeddleError) {
        self.json = json
        key = try json.text("key")
        value = json["value"] ?? .null
        version = json["version"]?.integer ?? 0
        updatedAt = json["updated_at"]?.string ?? ""
        updatedBy = json["updated_by"]?.string ?? ""
    }
}

/// What a metadata item was in one version.
package struct MetadataVersionResource: ServerResource {
    package let json: JSONValue
    package let version: Int
    /// Nil for a version in which it was removed.
    package let value: JSONValue?
    package let changedAt: String
    package let changedBy: String

    /// Reads one element of a history.
    package init(_ json: JSONValue) {
        self.json = json
        version = json["version"]?.integer ?? 0
        value = json["is_deleted"]?.bool == true ? nil : json["value"]
        changedAt = json["changed_at"]?.string ?? ""
        changedBy = json["changed_by"]?.string ?? ""
    }
}
