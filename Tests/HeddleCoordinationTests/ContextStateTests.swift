import HeddleModel
import HeddleStore
import HeddleTestSupport
import JSON
import JSONPatch
import Testing

@testable import HeddleCoordination

@Suite("The shared state of a context")
struct ContextStateTests {
    private func document(_ text: String) throws -> JSONDocument { try JSONDocument(Array(text.utf8)) }

    private func patch(
        _ operations: String,
        base: Int? = nil,
        _ strategy: StateChange.ConflictStrategy = .reject
    ) throws -> StateChange {
        StateChange(.patch(try JSONPatch(parsing: Array(operations.utf8))), base: base, strategy: strategy)
    }

    private func text(_ state: SharedState) -> String { String(decoding: state.document.bytes, as: UTF8.self) }

    @Test("begins empty and takes both kinds of patches", arguments: ContextEngine.allCases)
    func patches(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let id = try await f.create().id
            let empty = try await f.contexts.state(f.caller, id)
            #expect(empty.version == 0)
            #expect(text(empty) == "{}")
            var state = try await f.contexts.change(f.caller, id, patch(#"[{"op":"add","path":"/a","value":[1.0]}]"#))
            #expect(state.version == 1)
            let merge = JSONMergePatch(try document(#"{"b":{"c":null,"d":1}}"#).root)
            state = try await f.contexts.change(f.caller, id, StateChange(.merge(merge), base: 1, strategy: .reject))
            #expect(text(state) == #"{"a":[1.0],"b":{"d":1}}"#)
            #expect(try await f.contexts.state(f.caller, id).checksum == state.checksum)
        }
    }

    @Test("a test that fails leaves nothing changed, whatever came before it", arguments: ContextEngine.allCases)
    func failingTest(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let id = try await f.create().id
            let before = try await f.contexts.change(f.caller, id, patch(#"[{"op":"add","path":"/a","value":1}]"#))
            let operations = #"[{"op":"remove","path":"/a"},{"op":"test","path":"/a","value":1}]"#
            let error = await expect(.patchFailed) { _ = try await f.contexts.change(f.caller, id, patch(operations)) }
            #expect(error?.details["operation"] == "1")
            let after = try await f.contexts.state(f.caller, id)
            #expect(after.version == before.version)
            #expect(after.document.bytes == before.document.bytes)
        }
    }

    @Test("a change of another version is refused, done, or brought together", arguments: ContextEngine.allCases)
    func conflicts(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let id = try await f.create().id
            _ = try await f.contexts.change(f.caller, id, patch(#"[{"op":"add","path":"","value":{"a":1,"b":1}}]"#))
            _ = try await f.contexts.change(f.caller, id, patch(#"[{"op":"replace","path":"/a","value":2}]"#))
            let change = #"[{"op":"replace","path":"/b","value":3}]"#
            let refused = await expect(.syncConflict) {
                _ = try await f.contexts.change(f.caller, id, patch(change, base: 1))
            }
            #expect(refused?.details["current_version"] == "2")
            let merged = try await f.contexts.change(f.caller, id, patch(change, base: 1, .merge))
            #expect(text(merged) == #"{"a":2,"b":3}"#)
            let same = #"[{"op":"replace","path":"/a","value":9}]"#
            let clash = await expect(.syncConflict) {
                _ = try await f.contexts.change(f.caller, id, patch(same, base: 1, .merge))
            }
            #expect(clash?.details["paths"] == "/a")
            let last = try await f.contexts.change(f.caller, id, patch(same, base: 1, .lastWriteWins))
            #expect(text(last) == #"{"a":9,"b":3}"#)
            _ = await expect(.syncConflict) {
                _ = try await f.contexts.change(f.caller, id, patch(same, base: 7, .lastWriteWins))
            }
            // What a client says that it must be, it must be, whatever is to become of a conflict.
            _ = await expect(.syncConflict) {
                let operations = try JSONPatch(parsing: Array(same.utf8))
                let change = StateChange(.patch(operations), base: 1, strategy: .lastWriteWins, expected: 1)
                _ = try await f.contexts.change(f.caller, id, change)
            }
        }
    }

    @Test("the changes since a version lead to the present document, and back", arguments: ContextEngine.allCases)
    func deltas(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let id = try await f.create().id
            var generator = SplitMix64(seed: 7)
            var texts = ["{}"]
            for step in 0..<30 {
                let value = Int.random(in: 0..<1000, using: &generator)
                let operations =
                    #"[{"op":"add","path":"/k\#(step % 7)","value":{"n":\#(value),"l":[\#(step),\#(value)]}}]"#
                texts.append(text(try await f.contexts.change(f.caller, id, patch(operations))))
            }
            for since in [0, 1, 17, 30] {
                let delta = try JSONDocument(await f.contexts.changes(f.caller, id, since: since))
                var replayed = try document(texts[since])
                for change in try #require(delta.root["changes"]).elements {
                    replayed = try JSONPatch(#require(change["operations"])).apply(to: replayed)
                }
                #expect(replayed.root.canonicalBytes == (try document(texts[30])).root.canonicalBytes)
                let earlier = try await f.contexts.state(f.caller, id, version: since)
                #expect(earlier.document.root.canonicalBytes == (try document(texts[since])).root.canonicalBytes)
            }
            _ = await expect(.invalidRequest) { _ = try await f.contexts.changes(f.caller, id, since: 31) }
        }
    }

    @Test("every writer's change is in the end there once", arguments: ContextEngine.allCases)
    func writers(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let id = try await f.create().id
            _ = try await f.contexts.change(f.caller, id, patch(#"[{"op":"add","path":"/log","value":[]}]"#))
            try await withThrowingTaskGroup { tasks in
                for number in 0..<60 {
                    tasks.addTask {
                        _ = try await f.contexts.change(
                            f.caller,
                            id,
                            patch(#"[{"op":"add","path":"/log/-","value":\#(number)}]"#)
                        )
                    }
                }
                try await tasks.waitForAll()
            }
            let state = try await f.contexts.state(f.caller, id)
            #expect(state.version == 61)
            let log = try #require(state.document.root["log"]).elements.compactMap(\.integer)
            #expect(log.sorted() == Array(0..<60))
        }
    }

    @Test(
        "what was kept can be put back, and very old changes are answered with the whole",
        arguments: ContextEngine.allCases
    )
    func snapshots(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let id = try await f.create().id
            _ = try await f.contexts.change(f.caller, id, patch(#"[{"op":"add","path":"/a","value":1}]"#))
            let kept = try JSONValue(parsing: await f.contexts.takeSnapshot(f.caller, id, name: "first"))
            let snapshot = try #require(kept["snapshot_id"]?.string)
            _ = try await f.contexts.change(f.caller, id, patch(#"[{"op":"remove","path":"/a"}]"#))
            let back = try await f.contexts.restore(f.caller, id, snapshot: snapshot, version: nil, ifVersion: 2)
            #expect(text(back) == #"{"a":1}"#)
            #expect(back.version == 3)
            _ = await expect(.syncConflict) {
                _ = try await f.contexts.restore(f.caller, id, snapshot: nil, version: 0, ifVersion: 2)
            }
            try await f.contexts.deleteSnapshot(f.caller, id, snapshot)
            _ = await expect(.snapshotNotFound) { _ = try await f.contexts.snapshot(f.caller, id, snapshot) }
            _ = try await f.store.write { tx in
                try tx.execute("DELETE FROM context_state_change WHERE version <= $1", [2])
            }
            let delta = try JSONValue(parsing: await f.contexts.changes(f.caller, id, since: 0))
            #expect(delta["changes"]?.array?.isEmpty == true)
            #expect(delta["snapshot"]?["document"]?["a"]?.integer == 1)
            _ = await expect(.stateNotFound) { _ = try await f.contexts.state(f.caller, id, version: 1) }
        }
    }

    @Test("a megabyte takes ten thousand operations", arguments: ContextEngine.allCases)
    func large(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let id = try await f.create().id
            let records = (0..<10_000).map { #"{"id":\#($0),"text":"\#(String(repeating: "x", count: 90))"}"# }
            let whole = try document("[" + records.joined(separator: ",") + "]")
            _ = try await f.contexts.change(f.caller, id, StateChange(.replace(whole), base: 0, strategy: .reject))
            let operations = (0..<10_000).map { #"{"op":"replace","path":"/\#($0)/id","value":-\#($0)}"# }
            let state = try await f.contexts.change(
                f.caller,
                id,
                patch("[" + operations.joined(separator: ",") + "]", base: 1)
            )
            #expect(state.document.root.count == 10_000)
            #expect(state.document.bytes.count > 1 << 20)
            let last = Array(state.document.root.elements)[9999]
            #expect(last["id"]?.integer == -9999)
        }
    }
}
