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
            rules: PoolRules(idleAfter: .seconds(1)),
            log: ExtensionLog(clock: SystemWallClock()),
            actions: InstancePool.Actions(
                start: { _, _ in throw HeddleError(.startFailed, "not in this test") },
                stop: { _ in },
                background: { _ in false }
            )
        )
    }

    private func registry(_ entries: [RegisteredExtension]) throws -> ExtensionRegistry {
        let registry = ExtensionRegistry()
        registry.add(try entries.map { ($0, try pool($0.name.rawValue)) })
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

    @Test("gives no tool a name that is longer than the protocol allows")
    func longNames() throws {
        let long = String(repeating: "t", count: 128)
        let registry = try registry([
            entry("first", tools: [tool(long), tool(long.dropLast() + "u"), tool("short")])
        ])
        let names = registry.snapshot.exportedTools.map(\.exportedName)
        #expect(names.map(\.count) == [128, 128, 12] && Set(names).count == 3)
        #expect(names.compactMap { registry.snapshot.exportedTool($0)?.tool.name }.map(\.last) == ["t", "u", "t"])
    }

    @Test("hides the tools of an extension whose definitions wait to be accepted")
    func held() throws {
        var changed = try entry("git", tools: [tool("log")])
        let registry = try registry([changed])
        #expect(registry.snapshot.exportedTools.count == 1)
        changed.heldTools = try [tool("log", "and sends it to somebody")]
        changed.edits += 1
        registry.replace(changed, of: try #require(registry.snapshot.entry("git")).pool)
        #expect(registry.snapshot.exportedTools.isEmpty)
    }

    @Test("keeps the newer form when two edits arrive in the wrong order, and the new one after a removal")
    func order() throws {
        let first = try entry("git", state: .inactive)
        var second = first
        second.state = .active
        second.edits = 2
        let registry = try registry([second])
        let pool = try #require(registry.snapshot.entry("git")).pool
        registry.replace(first, of: pool)
        #expect(registry.snapshot.entry("git")?.registered.state == .active)
        registry.remove(first.name)
        #expect(registry.snapshot.entry("git") == nil)
        second.edits = 3
        registry.replace(second, of: pool)
        #expect(registry.snapshot.entry("git") == nil, "a change that comes late brings nothing back")
    }

    @Test("keeps a new extension of an old name from what still belongs to the old one")
    func sameName() throws {
        let registry = try registry([try entry("git", state: .inactive)])
        let old = try #require(registry.snapshot.entry("git"))
        registry.remove(old.registered.name)
        registry.add([(try entry("git"), try pool("git"))])
        var late = old.registered
        late.edits = 9
        registry.replace(late, of: old.pool)
        #expect(registry.snapshot.entry("git")?.registered.state == .active)
    }

    @Test("leaves old snapshots as they were")
    func snapshots() throws {
        let registry = try registry([])
        let before = registry.snapshot
        registry.add([(try entry("git", tools: [tool("log")]), try pool("git"))])
        #expect(before.entries.isEmpty && before.exportedTools.isEmpty)
        #expect(registry.snapshot.exportedTools.count == 1)
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
