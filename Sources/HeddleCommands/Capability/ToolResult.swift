package import JSON

/// An MCP `CallToolResult`, as the command line shows it.
package struct ToolResult: Sendable {
    package let json: JSONValue
    package let isError: Bool

    package init(_ json: JSONValue) {
        self.json = json
        isError = json["isError"]?.bool ?? false
    }

    /// The structured content when there is any, else the content part by part.
    package var text: String {
        if !isError, let structured = json["structuredContent"], structured != .null { return structured.text }
        return (json["content"]?.array ?? []).map(Self.text).joined(separator: "\n")
    }

    private static func text(_ part: JSONValue) -> String {
        let kind = part["type"]?.string ?? "unknown"
        switch kind {
        case "text":
            return part["text"]?.string ?? ""
        case "image", "audio":
            return "[\(kind), \(part["mimeType"]?.string ?? "unknown type"), \(size(part["data"]))]"
        case "resource":
            let resource = part["resource"] ?? .null
            if let text = resource["text"]?.string { return text }
            let type = resource["mimeType"]?.string ?? "unknown type"
            return "[resource \(resource["uri"]?.string ?? ""), \(type), \(size(resource["blob"]))]"
        case "resource_link":
            return "[link to \(part["uri"]?.string ?? "")]"
        default:
            return part.text
        }
    }

    private static func size(_ base64: JSONValue?) -> String {
        guard let text = base64?.string else { return "no data" }
        let padding = text.utf8.suffix(2).count { $0 == UInt8(ascii: "=") }
        return "\(max(0, text.utf8.count / 4 * 3 - padding)) bytes; see it with --raw"
    }
}
