package import HeddleModel

/// The registry at one moment: what a call looks up without waiting for anything.
package final class RegistrySnapshot: Sendable {
    /// One extension ready to be called.
    package struct Entry: Sendable {
        package let registered: RegisteredExtension
        package let pool: InstancePool
        /// Indexes into `registered.tools` by tool name.
        fileprivate let toolIndexes: [String: Int]

        package func tool(_ name: String) -> ToolDefinition? {
            toolIndexes[name].map { registered.tools[$0] }
        }
    }

    /// One tool under the name it has at `/mcp`.
    package struct ExportedTool: Sendable {
        package let exportedName: String
        package let extensionName: String
        package let tool: ToolDefinition
    }

    /// Every extension in the order of the names.
    package let entries: [Entry]
    private let indexes: [String: Int]
    /// The tools of all active extensions, in a stable order.
    package let exportedTools: [ExportedTool]
    private let exportedIndexes: [String: Int]

    init(_ extensions: [(RegisteredExtension, InstancePool)]) {
        let sorted = extensions.sorted { $0.0.name.rawValue < $1.0.name.rawValue }
        entries = sorted.map { registered, pool in
            let names = registered.tools.enumerated().map { ($0.element.name, $0.offset) }
            return Entry(
                registered: registered,
                pool: pool,
                toolIndexes: Dictionary(names, uniquingKeysWith: { first, _ in first })
            )
        }
        indexes = Dictionary(
            entries.enumerated().map { ($0.element.registered.name.rawValue, $0.offset) },
            uniquingKeysWith: { first, _ in first }
        )
        exportedTools = Self.export(entries)
        exportedIndexes = Dictionary(
            exportedTools.enumerated().map { ($0.element.exportedName, $0.offset) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The extension with a name.
    package func entry(_ name: String) -> Entry? { indexes[name].map { entries[$0] } }

    /// The tool with an exported name.
    package func exportedTool(_ name: String) -> ExportedTool? { exportedIndexes[name].map { exportedTools[$0] } }

    /// Characters of a tool's name (MCP 2025-11-25).
    private static let longestName = 128

    /// Prefixes each tool with its extension and keeps the names unique and acceptable to model APIs.
    private static func export(_ entries: [Entry]) -> [ExportedTool] {
        var taken: Set<String> = []
        var lastNumbers: [Substring: Int] = [:]
        var result: [ExportedTool] = []
        for entry in entries where entry.registered.state == .active && !entry.registered.isHeld {
            for tool in entry.registered.tools {
                let whole = entry.registered.name.rawValue + "__" + tool.name.replacing(".", with: "_")
                var name = String(whole.prefix(Self.longestName))
                let stem = whole.prefix(Self.longestName - 6)
                while !taken.insert(name).inserted {
                    let number = lastNumbers[stem, default: 1] + 1
                    lastNumbers[stem] = number
                    let suffix = "_\(number)"
                    name = whole.prefix(Self.longestName - suffix.count) + suffix
                }
                result.append(
                    ExportedTool(exportedName: name, extensionName: entry.registered.name.rawValue, tool: tool)
                )
            }
        }
        return result
    }
}
