package import JSON

/// What a capability's input schema says of the kinds of its parameters.
package struct ParameterSchema: Sendable {
    /// One parameter.
    package struct Parameter: Sendable, Hashable {
        package let name: String
        /// The kinds that the schema names; empty when it names none.
        package let kinds: [String]
        package let isRequired: Bool
        package let summary: String

        /// The parameter as a line of text.
        package var line: String {
            let kind = kinds.isEmpty ? "any" : kinds.joined(separator: " or ")
            let text = summary.isEmpty ? "" : ": " + DisplayText.cell(summary)
            return "\(name) (\(kind)\(isRequired ? ", required" : ""))\(text)"
        }
    }

    private let schema: JSONValue

    package init(_ schema: JSONValue) { self.schema = schema }

    /// The parameters in the schema's order.
    package var parameters: [Parameter] {
        let required = (schema["required"]?.array ?? []).compactMap(\.string)
        return (schema["properties"]?.object?.members ?? [])
            .map { member in
                Parameter(
                    name: member.name,
                    kinds: kinds(of: member.name),
                    isRequired: required.contains(member.name),
                    summary: member.value["description"]?.string ?? ""
                )
            }
    }

    /// The kinds that a parameter may have.
    package func kinds(of name: String) -> [String] {
        guard let property = schema["properties"]?[name] else { return [] }
        var kinds: [String] = []
        collect(property, depth: 0, &kinds)
        return kinds
    }

    private func collect(_ node: JSONValue, depth: Int, _ kinds: inout [String]) {
        guard depth < 8 else { return }
        let named = node["type"].map { $0.array ?? [$0] } ?? []
        for kind in named.compactMap(\.string) where !kinds.contains(kind) { kinds.append(kind) }
        if named.isEmpty, let choices = node["enum"]?.array, choices.contains(where: { $0.string != nil }) {
            if !kinds.contains("string") { kinds.append("string") }
        }
        if let reference = node["$ref"]?.string, let target = resolve(reference) {
            collect(target, depth: depth + 1, &kinds)
        }
        for keyword in ["anyOf", "oneOf", "allOf"] {
            for branch in node[keyword]?.array ?? [] { collect(branch, depth: depth + 1, &kinds) }
        }
    }

    /// Follows a reference inside the schema; others are not followed.
    private func resolve(_ reference: String) -> JSONValue? {
        guard reference.hasPrefix("#/") else { return nil }
        var node = schema
        for part in reference.dropFirst(2).split(separator: "/") {
            guard let next = node[String(part)] else { return nil }
            node = next
        }
        return node
    }
}
