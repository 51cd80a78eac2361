package import HeddleModel
import JSON

/// One extension ready to be called.
package final class RegistryEntry: Sendable {
    /// One tool under the name it has at `/mcp`.
    package struct ExportedTool: Sendable {
        package let exportedName: String
        package let extensionName: String
        package let tool: ToolDefinition

        package init(exportedName: String, extensionName: String, tool: ToolDefinition) {
            self.exportedName = exportedName
            self.extensionName = extensionName
            self.tool = tool
        }
    }

    /// One tool with what may be done with its calls and what is remembered of them.
    package struct Capability: Sendable {
        package let tool: ToolDefinition
        package let policy: CallPolicy
        package let runtime: CapabilityRuntime
    }

    package let registered: RegisteredExtension
    package let pool: InstancePool
    /// Its tools at `/mcp`; none while it is not active or held.
    package let exportedTools: [ExportedTool]
    /// Its tools in the order of the definition.
    package let capabilities: [Capability]
    /// Indexes into `capabilities` by tool name.
    private let toolIndexes: [String: Int]
    private let exportedIndexes: [String: Int]

    init(_ registered: RegisteredExtension, _ pool: InstancePool) {
        self.registered = registered
        self.pool = pool
        capabilities = registered.tools.map { tool in
            Capability(tool: tool, policy: CallPolicy(registered.manifest, tool), runtime: pool.runtime(of: tool.name))
        }
        toolIndexes = Dictionary(
            registered.tools.enumerated().map { ($0.element.name, $0.offset) },
            uniquingKeysWith: { first, _ in first }
        )
        exportedTools = registered.state == .active && !registered.isHeld ? Self.export(registered) : []
        exportedIndexes = Dictionary(
            exportedTools.enumerated().map { ($0.element.exportedName, $0.offset) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The tool of a name.
    package func tool(_ name: String) -> ToolDefinition? { capability(name)?.tool }

    /// The capability that a tool's name names.
    package func capability(_ name: String) -> Capability? { toolIndexes[name].map { capabilities[$0] } }

    func exportedTool(_ name: String) -> ExportedTool? { exportedIndexes[name].map { exportedTools[$0] } }

    /// What it can do: the names of its tools, and those that its manifest declares.
    var capabilityNames: Set<String> {
        Set(registered.tools.map(\.name)).union(registered.manifest.capabilities.map(\.id))
    }

    /// Whether clients see the same tools as of another form of it.
    func offersSame(as other: RegistryEntry?) -> Bool {
        guard let other, exportedTools.count == other.exportedTools.count else { return false }
        return zip(exportedTools, other.exportedTools)
            .allSatisfy { $0.exportedName == $1.exportedName && $0.tool.document.bytes == $1.tool.document.bytes }
    }

    /// Characters of a tool's name (MCP 2025-11-25).
    private static let longestName = 128

    /// Prefixes each tool with its extension and keeps the names unique and acceptable to model APIs.
    ///
    /// The prefix is whole in every name, so that no two extensions share one.
    private static func export(_ registered: RegisteredExtension) -> [ExportedTool] {
        var taken: Set<String> = []
        var lastNumbers: [Substring: Int] = [:]
        return registered.tools.map { tool in
            let whole = registered.name.rawValue + "__" + tool.name.replacing(".", with: "_")
            var name = String(whole.prefix(longestName))
            let stem = whole.prefix(longestName - 6)
            while !taken.insert(name).inserted {
                let number = lastNumbers[stem, default: 1] + 1
                lastNumbers[stem] = number
                let suffix = "_\(number)"
                name = whole.prefix(longestName - suffix.count) + suffix
            }
            return ExportedTool(exportedName: name, extensionName: registered.name.rawValue, tool: tool)
        }
    }
}
