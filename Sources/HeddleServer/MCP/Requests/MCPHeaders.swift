import FoundationEssentials
import HTTPTypes
import HeddleModel
import JSON

/// The headers of a modern request that repeat what its body says (MCP 2026-07-28, SEP-2243).
enum MCPHeaders {
    private static let (prefix, suffix) = ("=?base64?", "?=")

    /// The text of a header; nil for one that is encoded and broken.
    static func decoded(_ header: String) -> String? {
        let text = header.trimming { $0 == " " || $0 == "\t" }
        guard text.hasPrefix(prefix), text.hasSuffix(suffix), text.utf8.count >= prefix.utf8.count + suffix.utf8.count
        else { return text }
        let content = String(text.dropFirst(prefix.count).dropLast(suffix.count))
        guard let data = Data(base64Encoded: content), data.base64EncodedString() == content else { return nil }
        return String(validating: data, as: UTF8.self)
    }

    /// Whether a header says what the body says.
    static func agrees(_ header: String?, _ text: String?) -> Bool {
        guard let text else { return header == nil }
        return header.flatMap(decoded) == text
    }

    /// The first header of those that a tool asks for that is missing or disagrees with the arguments; nil when all agree.
    static func disagreement(_ headers: HTTPFields, _ tool: ToolDefinition, _ arguments: JSONView?) -> String? {
        for parameter in tool.headerParameters {
            let name = "Mcp-Param-" + parameter.header
            let header = HTTPField.Name(name).flatMap { headers[$0] }
            var value = arguments
            for step in parameter.path { value = value?.member(step) }
            guard isSaid(header, value) else { return name }
        }
        return nil
    }

    private static func isSaid(_ header: String?, _ value: JSONView?) -> Bool {
        guard let value, !value.isNull else { return header == nil }
        guard let header, let text = decoded(header) else { return false }
        switch value.kind {
        case .string: return value.equals(text)
        case .bool: return text == (value.bool == true ? "true" : "false")
        case .number: return Double(text) == value.double
        case .null, .array, .object: return true
        }
    }
}

extension String {
    fileprivate func trimming(_ isSpace: (Character) -> Bool) -> String {
        var text = self[...].drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return String(text)
    }
}
