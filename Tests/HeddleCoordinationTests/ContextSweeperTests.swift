import HeddleModel
import HeddleStore
import JSON
import Testing

@testable import HeddleCoordination

@Suite("What is over is cleared away")
struct ContextSweeperTests {
    private func sweeper(_ f: ContextFixture) -> ContextSweeper {
        ContextSweeper(contexts: f.contexts, retention: ContextSweeper.Retention(), logger: ContextFixture.logger)
    }

    @Test("an expired context takes nobody in, and goes after its delay", arguments: ContextEngine.allCases)
    func expiry(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let short = #""configuration":{"timeout_ms":10000,"cleanup_delay_ms":5000"#
            let gone = try await f.create(#"{"name":"gone","type":"parallel",\#(short)}}"#).id
            let kept = try await f.create(#"{"name":"kept","type":"parallel",\#(short),"auto_cleanup":false}}"#).id
            let lasting = #"{"name":"lasting","type":"parallel",\#(short),"persistence_level":"persistent"}}"#
            let persistent = try await f.create(lasting).id
            let prolonged = try await f.create(#"{"name":"prolonged","type":"parallel",\#(short)}}"#).id
            f.clock.advance(11)
            _ = await expect(.contextExpired) { _ = try await f.contexts.join(f.caller, gone, f.joining("a")) }
            _ = try await f.contexts.join(f.caller, persistent, f.joining("a"))
            let more = #"{"configuration":{"timeout_ms":100000}}"#
            _ = try await f.contexts.update(f.caller, prolonged, merging: f.fields(more), ifVersion: nil)
            await sweeper(f).sweep()
            #expect(try await f.seen(gone)["status"]?.string == "active")
            f.clock.advance(5)
            await sweeper(f).sweep()
            _ = await expect(.contextNotFound) { _ = try await f.contexts.get(f.caller, gone) }
            for id in [kept, persistent, prolonged] { _ = try await f.contexts.get(f.caller, id) }
            #expect(try await f.events(gone) == ["context.created", "context.deleted"])
        }
    }

    @Test("a clock that goes back removes nothing too early", arguments: ContextEngine.allCases)
    func clockBack(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            f.clock.advance(-100_000)
            let id = try await f.create().id
            f.clock.advance(-100_000)
            await sweeper(f).sweep()
            _ = try await f.contexts.join(f.caller, id, f.joining("a"))
            let changed = try await f.contexts.update(f.caller, id, merging: f.fields(#"{"name":"B"}"#), ifVersion: 1)
            #expect(changed.version == 2)
            // The order of the list is that in which they came, whatever the clock says.
            let later = try await f.create(#"{"name":"later","type":"parallel"}"#).id
            let page = try await f.contexts.list(f.caller, ContextFilter(), wantsTotal: false).answer
            #expect(try f.items(page.bytes, "context_id") == [later.rawValue, id.rawValue])
        }
    }

    @Test("a session that takes too long fails and gives its place back", arguments: ContextEngine.allCases)
    func sessions(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let id = try await f.create().id
            let body = #"{"name":"s","configuration":{"max_duration":2000}}"#
            let session = try await f.contexts.beginSession(f.caller, id, SessionAttributes(f.fields(body)))
            f.clock.advance(3)
            await sweeper(f).sweep()
            #expect(try await f.contexts.session(f.caller, id, session.id).status == .failed)
            #expect(try await f.contexts.context(f.caller, id).sessionCount == 0)
        }
    }

    @Test("participants that left and events go after their time", arguments: ContextEngine.allCases)
    func retention(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let lasting = #"{"name":"A","type":"parallel","configuration":{"persistence_level":"persistent"}}"#
            let id = try await f.create(lasting).id
            let joined = try await f.contexts.join(f.caller, id, f.joining("a", "b"))
            try await f.contexts.removeParticipant(f.caller, id, joined[0].id, ifVersion: nil)
            f.clock.advance(31 * 86_400)
            await sweeper(f).sweep()
            _ = await expect(.participantNotFound) {
                _ = try await f.contexts.participant(f.caller, id, joined[0].id)
            }
            #expect(try await f.contexts.participant(f.caller, id, joined[1].id).status == .active)
            #expect(try await f.events(id).count == 5)
            f.clock.advance(60 * 86_400)
            // The last event of all stays on SQLite, so that its number is not given out again.
            let other = try await f.create(lasting).id
            await sweeper(f).sweep()
            #expect(try await f.events(id) == [])
            #expect(try await f.events(other) == ["context.created"])
        }
    }
}
