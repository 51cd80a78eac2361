import HeddleModel
import HeddleStore
import JSON
import Testing

@testable import HeddleCoordination

@Suite("The life of a context")
struct ContextLifeTests {
    @Test(
        "is created active with its defaults, found, and removed without a trace but its events",
        arguments: ContextEngine.allCases
    )
    func life(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let context = try await f.create()
            let seen = try await f.seen(context.id)
            #expect(seen["status"]?.string == "active")
            #expect(seen["configuration"]?["max_participants"]?.integer == 10)
            #expect(seen["configuration"]?["timeout_ms"]?.integer == 3_600_000)
            #expect(seen["owner"]?["owner_id"]?.string == "ann")
            #expect(seen["expires_at"]?.string == "2027-01-15T09:00:00.000Z")
            _ = try await f.contexts.join(f.caller, context.id, f.joining("a", "b"))
            _ = try await f.contexts.putMetadata(
                f.caller,
                context.id,
                "k",
                MetadataItem.Draft(f.fields(#"{"value":1}"#)),
                ifVersion: nil
            )
            try await f.contexts.delete(f.caller, context.id, ifVersion: 1)
            _ = await expect(.contextNotFound) { _ = try await f.contexts.get(f.caller, context.id) }
            #expect(try await f.events(context.id).last == "context.deleted")
            let left = try await f.store.read { tx in
                try ["context", "context_participant", "context_metadata", "context_metadata_history"]
                    .map { try tx.first("SELECT count(*) AS n FROM \($0)")?.integer("n") }
            }
            #expect(left == [0, 0, 0, 0])
        }
    }

    @Test("goes only the ways that its life has", arguments: ContextEngine.allCases)
    func transitions(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let id = try await f.create().id
            func become(_ status: String) async throws -> Context {
                try await f.contexts.update(
                    f.caller,
                    id,
                    merging: f.fields(#"{"status":"\#(status)"}"#),
                    ifVersion: nil
                )
            }
            _ = try await f.contexts.join(f.caller, id, f.joining("a"))
            #expect(try await become("paused").status == .paused)
            _ = await expect(.invalidStateTransition) { _ = try await f.contexts.join(f.caller, id, f.joining("b")) }
            #expect(try await become("active").status == .active)
            let ended = try await become("terminated")
            #expect(ended.status == .terminated)
            #expect(ended.participantCount == 0)
            _ = await expect(.invalidStateTransition) { _ = try await become("active") }
            _ = await expect(.invalidStateTransition) {
                _ = try await f.contexts.replace(f.caller, id, with: f.attributes(), ifVersion: nil)
            }
            _ = await expect(.invalidStateTransition) {
                let change = StateChange(.replace(try JSONDocument(Array("{}".utf8))), base: nil, strategy: .reject)
                _ = try await f.contexts.change(f.caller, id, change)
            }
            let kinds = try await f.events(id)
            #expect(kinds.filter { $0 == "context.state.changed" }.count == 3)
            #expect(kinds.contains("participant.tasks.cancel"))
        }
    }

    @Test("takes a merge patch and refuses what it would not be afterwards", arguments: ContextEngine.allCases)
    func patch(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let body = #"{"name":"A","type":"parallel","metadata":{"tags":["x"],"custom_data":{"a":1.50,"b":2}}}"#
            let id = try await f.create(body).id
            let patch = #"{"description":"new","metadata":{"custom_data":{"b":null}}}"#
            let changed = try await f.contexts.update(f.caller, id, merging: f.fields(patch), ifVersion: 1)
            #expect(changed.version == 2)
            #expect(changed.attributesText.contains(#""custom_data":{"a":1.50}"#))
            #expect(changed.attributesText.contains(#""tags":["x"]"#))
            _ = await expect(.invalidRequest) {
                _ = try await f.contexts.update(f.caller, id, merging: f.fields(#"{"name":null}"#), ifVersion: nil)
            }
            let lost = await expect(.versionConflict) {
                _ = try await f.contexts.update(f.caller, id, merging: f.fields(#"{"name":"B"}"#), ifVersion: 1)
            }
            #expect(lost?.details["current_version"] == "2")
            #expect(try await f.seen(id)["name"]?.string == "A")
        }
    }

    @Test("one of many writers of the same version wins", arguments: ContextEngine.allCases)
    func race(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let id = try await f.create().id
            let won = await withTaskGroup(of: Bool.self) { tasks in
                for number in 0..<40 {
                    tasks.addTask {
                        let patch = try? f.fields(#"{"name":"writer \#(number)"}"#)
                        guard let patch else { return false }
                        return (try? await f.contexts.update(f.caller, id, merging: patch, ifVersion: 1)) != nil
                    }
                }
                return await tasks.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(won == 1)
            #expect(try await f.contexts.context(f.caller, id).version == 2)
        }
    }

    @Test("batches are created as a whole, with one event", arguments: ContextEngine.allCases)
    func batch(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let created = try await f.contexts.create(
                f.caller,
                batch: (0..<150)
                    .map { try f.attributes(#"{"name":"n\#($0)","type":"pipeline","metadata":{"tags":["t"]}}"#) }
            )
            #expect(Set(created.map(\.id)).count == 150)
            let statistics = try JSONValue(parsing: await f.contexts.statistics(f.caller).answer.bytes)
            #expect(statistics["total_contexts"]?.integer == 150)
            let events = try await f.store.read { tx in
                try tx.query("SELECT type, context_id FROM context_event").map { try $0.text("type") }
            }
            #expect(events == ["contexts.created.batch"])
        }
    }

    @Test(
        "a copy has the state and the metadata and neither participants nor sessions",
        arguments: ContextEngine.allCases
    )
    func clone(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let id = try await f.create().id
            _ = try await f.contexts.join(f.caller, id, f.joining("a"))
            let document = try JSONDocument(Array(#"{"x":[1,2]}"#.utf8))
            _ = try await f.contexts.change(f.caller, id, StateChange(.replace(document), base: nil, strategy: .reject))
            let draft = try MetadataItem.Draft(f.fields(#"{"value":"v"}"#))
            _ = try await f.contexts.putMetadata(f.caller, id, "k", draft, ifVersion: nil)
            let copy = try await f.contexts.clone(f.caller, id, name: nil, copiesState: true)
            #expect(try copy.attributes().name == "Alpha (copy)")
            #expect(copy.participantCount == 0)
            let state = try await f.contexts.state(f.caller, copy.id)
            #expect(state.version == 1)
            #expect(state.document.bytes == document.bytes)
            #expect(try await f.contexts.metadata(f.caller, copy.id, "k").value == Array("\"v\"".utf8))
        }
    }
}
