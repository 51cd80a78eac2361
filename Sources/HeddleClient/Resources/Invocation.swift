package import HeddleModel
package import JSON

/// A call that was made, with its answer.
package struct Invocation: ServerResource {
    package let json: JSONValue
    package let executionID: String
    /// `completed` or `failed`.
    package let status: String
    /// The MCP `CallToolResult` as the extension sent it.
    package let result: JSONValue?
    /// Why there is no result.
    package let error: HeddleError?

    /// Reads the answer of `POST …/invoke`.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when it has no status.
    package init(_ json: JSONValue) throws(HeddleError) {
        self.json = json
        status = try json.text("execution_status")
        executionID = json["execution_id"]?.string ?? ""
        result = json["result"]
        error = json["error"].flatMap { $0 == .null ? nil : HeddleError(wire: $0) }
    }
}
