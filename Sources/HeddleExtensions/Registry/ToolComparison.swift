import HeddleModel
import JSON

/// The question whether an extension still offers what was accepted.
enum ToolComparison {
    /// Whether a tool that was accepted is now described differently; new and missing tools do no harm.
    static func hasChangedDefinition(accepted: [ToolDefinition], offered: [ToolDefinition]) -> Bool {
        let now = Dictionary(offered.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        return accepted.contains { tool in
            guard let other = now[tool.name], other.document.bytes != tool.document.bytes else { return false }
            return canonical(JSONValue(other.document.root)) != canonical(JSONValue(tool.document.root))
        }
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
