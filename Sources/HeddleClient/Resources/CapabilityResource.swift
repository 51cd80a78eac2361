package import HeddleModel
package import JSON

/// A capability of an extension: a tool with its schemas.
package struct CapabilityResource: ServerResource {
    package let json: JSONValue
    package let extensionName: String
    package let name: String
    /// The name at `/mcp`.
    package let mcpName: String
    package let title: String?
    package let summary: String
    package let inputSchema: JSONValue
    package let outputSchema: JSONValue?
    package let annotations: JSONValue?

    /// Reads one element of `GET /capabilities`.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when it has no name.
    package init(_ json: JSONValue) throws(HeddleError) {
        self.json = json
        extensionName = try json.text("extension")
        name = try json.text("name")
        mcpName = json["mcp_name"]?.string ?? ""
        title = json["title"]?.string
        summary = json["description"]?.string ?? ""
        inputSchema = json["input_schema"] ?? [:]
        outputSchema = json["output_schema"]
        annotations = json["annotations"]
    }
}
