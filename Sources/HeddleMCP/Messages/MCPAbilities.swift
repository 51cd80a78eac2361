import JSON

/// What a server said it can do, besides the details that nobody here asks for.
package struct MCPAbilities: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let tools = MCPAbilities(rawValue: 1 << 0)
    package static let resources = MCPAbilities(rawValue: 1 << 1)
    package static let resourceSubscriptions = MCPAbilities(rawValue: 1 << 2)
    package static let prompts = MCPAbilities(rawValue: 1 << 3)
    package static let completions = MCPAbilities(rawValue: 1 << 4)
    package static let logging = MCPAbilities(rawValue: 1 << 5)
    package static let toolsListChanged = MCPAbilities(rawValue: 1 << 6)
    package static let resourcesListChanged = MCPAbilities(rawValue: 1 << 7)
    package static let promptsListChanged = MCPAbilities(rawValue: 1 << 8)
    /// The extension `io.modelcontextprotocol/tasks`.
    package static let tasks = MCPAbilities(rawValue: 1 << 9)

    /// Reads the `capabilities` of a greeting.
    init(_ capabilities: JSONView?) {
        self = []
        let words: [(String, String?, MCPAbilities)] = [
            ("tools", nil, .tools), ("resources", nil, .resources), ("prompts", nil, .prompts),
            ("completions", nil, .completions), ("logging", nil, .logging),
            ("resources", "subscribe", .resourceSubscriptions), ("tools", "listChanged", .toolsListChanged),
            ("resources", "listChanged", .resourcesListChanged), ("prompts", "listChanged", .promptsListChanged),
        ]
        for (name, member, ability) in words {
            guard let stated = capabilities?.member(name), stated.kind == .object else { continue }
            if member.map({ stated.member($0)?.bool == true }) ?? true { insert(ability) }
        }
        if capabilities?["extensions"]?.member(MCPMetaKey.tasks) != nil { insert(.tasks) }
    }
}
