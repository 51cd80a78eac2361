package import JSON

/// What a `tools/call` asks for.
package struct MCPToolRequest: Sendable {
    package let tool: String
    /// An object, spliced in as it was sent; nil for none.
    package let arguments: JSONView?
    /// Further members of the parameters for extensions of the modern era, each with a comma before it, without line breaks.
    package var extra: [UInt8]

    package init(tool: String, arguments: JSONView?, extra: [UInt8] = []) {
        self.tool = tool
        self.arguments = arguments
        self.extra = extra
    }
}
