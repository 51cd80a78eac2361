package import JSON

/// What an extension runs and is granted, as it was accepted.
package struct ExtensionPermissions: ServerResource {
    package let json: JSONValue
    package let grants: GrantsResource
    package let reads: [String]
    package let command: [String]
    package let acceptedAt: String?

    /// Reads the answer of `GET /extensions/{name}/permissions`.
    package init(_ json: JSONValue) {
        self.json = json
        grants = GrantsResource(json["grants"] ?? .null)
        reads = json.texts("reads")
        command = json.texts("command")
        acceptedAt = json["accepted_at"]?.string
    }
}
