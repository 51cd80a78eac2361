package import JSON

/// A parameter of a tool that is repeated in a header of the request (MCP 2026-07-28, `x-mcp-header`).
package struct ToolHeader: Sendable, Equatable {
    /// What follows `Mcp-Param-`.
    package let header: String
    /// The names that lead to the parameter.
    package let path: [String]

    private static let annotation = Array("\"x-mcp-header\"".utf8)
    private static let deepest = 16

    /// The annotated parameters of a schema; nil when an annotation is not as it has to be, so that over HTTP nobody could
    /// call the tool.
    ///
    /// Annotations count that are reached through `properties` alone; a name is a token (RFC 9110 §5.6.2), comes once
    /// whatever its case, and belongs to a string, an integer or a boolean.
    package static func all(in schema: JSONView?) -> [ToolHeader]? {
        guard let schema, schema.bytes.contains(annotation) else { return [] }
        var found: [ToolHeader] = []
        guard collect(schema, [], &found) else { return nil }
        var names: Set<String> = []
        guard found.allSatisfy({ names.insert($0.header.lowercased()).inserted }) else { return nil }
        // What the walk did not reach stands where it may not.
        return count(schema) == found.count ? found : nil
    }

    private static func collect(_ schema: JSONView, _ path: [String], _ found: inout [ToolHeader]) -> Bool {
        guard path.count <= deepest else { return false }
        for (name, property) in schema["properties"]?.members.map({ $0 }) ?? [] {
            let inner = path + [name.string ?? ""]
            if let header = property["x-mcp-header"] {
                let types = ["string", "integer", "boolean"]
                guard let text = header.string, isToken(text), types.contains(property["type"]?.string ?? "") else {
                    return false
                }
                found.append(ToolHeader(header: text, path: inner))
            }
            guard collect(property, inner, &found) else { return false }
        }
        return true
    }

    private static func count(_ view: JSONView) -> Int {
        switch view.kind {
        case .object:
            view.members.reduce(0) { $0 + ($1.name.equals("x-mcp-header") ? 1 : 0) + count($1.value) }
        case .array: view.elements.reduce(0) { $0 + count($1) }
        case .null, .bool, .number, .string: 0
        }
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                case _: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}

extension ArraySlice<UInt8> {
    fileprivate func contains(_ other: [UInt8]) -> Bool { firstRange(of: other) != nil }
}
