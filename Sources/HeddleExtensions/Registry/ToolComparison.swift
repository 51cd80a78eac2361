package import HeddleModel
import JSON

/// The question whether an extension still offers what was accepted.
package enum ToolComparison {
    /// A tool that is not what it was.
    package struct Change: Sendable {
        package let name: String
        /// Nil for a new one.
        package let accepted: ToolDefinition?
        /// Nil for one that is gone.
        package let offered: ToolDefinition?
    }

    /// Whether a tool that was accepted is now described differently; new and missing tools do no harm.
    static func hasChangedDefinition(accepted: [ToolDefinition], offered: [ToolDefinition]) -> Bool {
        changes(accepted: accepted, offered: offered).contains { $0.accepted != nil && $0.offered != nil }
    }

    /// Every tool that is new, gone or described differently, accepted ones first.
    package static func changes(accepted: [ToolDefinition], offered: [ToolDefinition]) -> [Change] {
        let now = Dictionary(offered.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let before = Set(accepted.map(\.name))
        let changed = accepted.compactMap { tool -> Change? in
            guard let other = now[tool.name] else { return Change(name: tool.name, accepted: tool, offered: nil) }
            return isSame(tool, other) ? nil : Change(name: tool.name, accepted: tool, offered: other)
        }
        let new = offered.filter { !before.contains($0.name) }
        return changed + new.map { Change(name: $0.name, accepted: nil, offered: $0) }
    }

    private static func isSame(_ one: ToolDefinition, _ other: ToolDefinition) -> Bool {
        one.document.bytes == other.document.bytes
            || canonical(JSONValue(one.document.root)) == canonical(JSONValue(other.document.root))
    }

    /// The same value with every object's members in the order of their names.
    private static func canonical(_ value: JSONValue) -> JSONValue {
        switch value {
        case .null, .bool, .number, .string: value
        case .array(let elements): .array(elements.map(canonical))
        case .object(let object):
            .object(
                JSONObject(
                    members: object.members.sorted { $0.name < $1.name }
                        .map { .init(name: $0.name, value: canonical($0.value)) }
                )
            )
        }
    }
}
