import HeddleMCP
import HeddleModel
import JSON
import Testing

@testable import HeddleExtensions

@Suite("The registry")
struct RegistryTests {
    private func tool(_ name: String, _ description: String = "does it") throws -> ToolDefinition {
        let text = #"{"name":"\#(name)","description":"\#(description)","inputSchema":{"type":"object"}}"#
        return try ToolDefinition(JSONDocument(Array(text.utf8)).root)
    }

    private func entry(
        _ name: String,
        tools: [ToolDefinition] = [],
        state: ExtensionState = .active,
        createdAt: Timestamp = SystemWallClock().now
    ) throws -> RegisteredExtension {
        let name = try ExtensionName(name)
        var entry = RegisteredExtension(
            name: name,
            manifest: Manifest(
                name: name,
                version: try SemanticVersion("1.0.0"),
                runtime: Manifest.Runtime(command: ["/bin/true"])
            ),
            source: .command(["/bin/true"], directory: nil),
            grants: Grants(),
            userID: 1,
            createdAt: createdAt
        )
        entry.tools = tools
        entry.state = state
        return entry
    }

    private func pool(_ name: String) throws -> InstancePool {
        InstancePool(
            name: try ExtensionName(name),
            idleAfter: .seconds(1),
            log: ExtensionLog(clock: SystemWallClock()),
            actions: InstancePool.Actions(
                start: { _ in throw HeddleError(.startFailed, "not in this test") },
                stop: { _ in },
                background: { _ in false }
            )
        )
    }

    private func registry(_ entries: [RegisteredExtension]) throws -> ExtensionRegistry {
        let registry = ExtensionRegistry()
        registry.publish(try entries.map { ($0, try pool($0.name.rawValue)) })
        return registry
    }

    @Test("shows the tools of all active extensions under names of their own")
    func exported() throws {
        let registry = try registry([
            entry("zoo", tools: [tool("list"), tool("feed")]),
            entry("a", tools: [tool("b.c"), tool("b_c"), tool("b_c_2")]),
            entry("off", tools: [tool("list")], state: .inactive),
        ])
        let snapshot = registry.snapshot
        #expect(
            snapshot.exportedTools.map(\.exportedName)
                == ["a__b_c", "a__b_c_2", "a__b_c_2_2", "zoo__list", "zoo__feed"]
        )
        for exported in snapshot.exportedTools {
            let found = snapshot.exportedTool(exported.exportedName)
            #expect(found?.extensionName == exported.extensionName && found?.tool.name == exported.tool.name)
        }
        #expect(snapshot.exportedTool("a__b_c")?.tool.name == "b.c")
        #expect(snapshot.exportedTool("off__list") == nil)
        #expect(snapshot.entry("off")?.tool("list") != nil)
        #expect(snapshot.entries.map(\.registered.name.rawValue) == ["a", "off", "zoo"])
    }

    @Test("hides the tools of an extension whose definitions wait to be accepted")
    func held() throws {
        var changed = try entry("git", tools: [tool("log")])
        let registry = try registry([changed])
        #expect(registry.snapshot.exportedTools.count == 1)
        changed.heldTools = try [tool("log", "and sends it to somebody")]
        changed.edits += 1
        registry.publish([(changed, try pool("git"))])
        #expect(registry.snapshot.exportedTools.isEmpty)
    }

    @Test("keeps the newer form when two edits arrive in the wrong order, and the new one after a removal")
    func order() throws {
        let first = try entry("git", state: .inactive)
        var second = first
        second.state = .active
        second.edits = 2
        let registry = try registry([second])
        registry.publish([(first, try pool("git"))])
        #expect(registry.snapshot.entry("git")?.registered.state == .active)
        registry.remove(first.name)
        #expect(registry.snapshot.entry("git") == nil)
        registry.publish([(first, try pool("git"))])
        #expect(registry.snapshot.entry("git")?.registered.state == .inactive)
    }

    @Test("counts its snapshots and leaves old ones as they were")
    func generations() throws {
        let registry = try registry([])
        let before = registry.snapshot
        registry.publish([(try entry("git", tools: [tool("log")]), try pool("git"))])
        #expect(before.entries.isEmpty && before.exportedTools.isEmpty)
        #expect(registry.snapshot.generation == before.generation + 1)
    }

    @Test(
        "tells a changed definition from one that is only written differently",
        arguments: [
            (#"{"name":"t","inputSchema":{"type":"object","title":"x"}}"#, false),
            (#"{"inputSchema":{"title":"x","type":"object"},"name":"t"}"#, false),
            (#"{"name":"t","inputSchema":{"type":"object","title":"y"}}"#, true),
            (#"{"name":"t","description":"","inputSchema":{"type":"object","title":"x"}}"#, true),
            (#"{"name":"other","inputSchema":{"type":"object"}}"#, false),
        ]
    )
    func comparison(_ offered: String, _ isChanged: Bool) throws {
        let accepted = #"{"name":"t","inputSchema":{"type":"object","title":"x"}}"#
        let tools = try [accepted, offered]
            .map { text in
                [try ToolDefinition(JSONDocument(Array(text.utf8)).root)]
            }
        #expect(ToolComparison.hasChangedDefinition(accepted: tools[0], offered: tools[1]) == isChanged)
    }
}
