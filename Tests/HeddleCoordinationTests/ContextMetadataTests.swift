import HeddleModel
import JSON
import Testing

@testable import HeddleCoordination

@Suite("Metadata items")
struct ContextMetadataTests {
    @Test("are found by patterns of their names", arguments: ContextEngine.allCases)
    func patterns(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let id = try await f.create().id
            let draft = try MetadataItem.Draft(f.fields(#"{"value":true}"#))
            for name in ["priority", "priority.high", "prio", "a*b", "ä/ö", "100%", "Priority"] {
                _ = try await f.contexts.putMetadata(f.caller, id, name, draft, ifVersion: nil)
            }
            for (pattern, found) in [
                ("priority*", ["priority", "priority.high"]),
                ("*", ["100%", "Priority", "a*b", "prio", "priority", "priority.high", "ä/ö"]),
                ("p??o", ["prio"]), ("a\\*b", ["a*b"]), ("*%", ["100%"]), ("ä*", ["ä/ö"]), ("x*", []),
                ("*igh", ["priority.high"]),
            ] {
                let page = try await f.contexts.metadata(f.caller, id, matching: Glob(pattern), after: "", limit: 100)
                #expect(try f.items(page, "key") == found, "\(pattern)")
            }
            let page = try await f.contexts.metadata(f.caller, id, matching: Glob("*"), after: "prio", limit: 1)
            #expect(try f.items(page, "key") == ["priority"])
        }
    }

    @Test("remember what they were, and that they were removed", arguments: ContextEngine.allCases)
    func history(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let id = try await f.create().id
            func put(_ value: String, _ expected: Int?) async throws -> Int {
                let draft = try MetadataItem.Draft(f.fields(#"{"value":\#(value)}"#))
                return try await f.contexts.putMetadata(f.caller, id, "k", draft, ifVersion: expected).item.version
            }
            #expect(try await put("1", nil) == 1)
            #expect(try await put("[2]", 1) == 2)
            _ = await expect(.versionConflict) { _ = try await put("3", 1) }
            try await f.contexts.deleteMetadata(f.caller, id, "k", ifVersion: 2)
            _ = await expect(.metadataNotFound) { _ = try await f.contexts.metadata(f.caller, id, "k") }
            #expect(try await put("4", nil) == 4)
            let history = try JSONValue(parsing: await f.contexts.metadataHistory(f.caller, id, "k"))
            #expect(history["items"]?.array?.map { $0["version"]?.integer } == [4, 3, 2, 1])
            #expect(history["items"]?.array?.map { $0["is_deleted"]?.bool } == [false, true, false, false])
        }
    }
}
