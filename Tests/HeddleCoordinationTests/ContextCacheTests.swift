import HeddleModel
import HeddleStore
import JSON
import Synchronization
import Testing

@testable import HeddleCoordination

@Suite("Contexts that are kept in memory")
struct ContextCacheTests {
    @Test("are read once, and anew after a change of them", arguments: ContextEngine.allCases)
    func hits(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let id = try await f.create().id
            #expect(try await !f.contexts.get(f.caller, id).isHit)
            #expect(try await f.contexts.get(f.caller, id).isHit)
            #expect(f.contexts.cache.context(id.rawValue, .local) != nil)
            #expect(f.contexts.cache.context(id.rawValue, TenantID(rawValue: "other")) == nil)
            _ = try await f.contexts.join(f.caller, id, f.joining("a"))
            #expect(f.contexts.cache.context(id.rawValue, .local) == nil)
            #expect(try await f.seen(id)["participant_count"]?.integer == 1)
            #expect(try await !f.contexts.list(f.caller, ContextFilter(), wantsTotal: false).isHit)
            #expect(try await f.contexts.list(f.caller, ContextFilter(), wantsTotal: false).isHit)
            #expect(try await !f.contexts.list(f.caller, ContextFilter(), wantsTotal: true).isHit)
            _ = try await f.create()
            #expect(try await !f.contexts.list(f.caller, ContextFilter(), wantsTotal: false).isHit)
        }
    }

    @Test("several are looked up at once, and those that are missing are read together")
    func lookup() async throws {
        try await ContextEngine.sqlite.withContexts { f in
            let ids = try await f.contexts.create(f.caller, batch: (0..<5).map { _ in try f.attributes() }).map(\.id)
            _ = try await f.contexts.get(f.caller, ids[0])
            let reads = f.store.statistics.reads
            let found = try await f.contexts.get(f.caller, ids + [Context.ID()])
            #expect(found.map { $0 == nil } == [false, false, false, false, false, true])
            _ = try await f.contexts.get(f.caller, ids)
            #expect(f.store.statistics.reads == reads + 1)
        }
    }

    @Test(
        "an answer is never older than a write that was acknowledged before the question",
        arguments: ContextEngine.allCases
    )
    func freshness(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let id = try await f.create().id
            let progress = Progress()
            try await withThrowingTaskGroup { tasks in
                tasks.addTask {
                    for number in 0..<150 {
                        let patch = try f.fields(#"{"name":"n\#(number)"}"#)
                        let changed = try await f.contexts.update(f.caller, id, merging: patch, ifVersion: nil)
                        progress.acknowledged.store(changed.version, ordering: .sequentiallyConsistent)
                    }
                    progress.isDone.store(true, ordering: .sequentiallyConsistent)
                }
                for _ in 0..<6 {
                    tasks.addTask {
                        while !progress.isDone.load(ordering: .sequentiallyConsistent) {
                            let known = progress.acknowledged.load(ordering: .sequentiallyConsistent)
                            let answer = try await f.contexts.get(f.caller, id).answer
                            #expect(answer.version >= known)
                            await Task.yield()
                        }
                    }
                }
                try await tasks.waitForAll()
            }
        }
    }

    @Test("nothing is kept when it is not to be")
    func disabled() async throws {
        try await ContextEngine.sqlite.withContexts(cached: false) { f in
            let id = try await f.create().id
            _ = try await f.contexts.get(f.caller, id)
            #expect(try await !f.contexts.get(f.caller, id).isHit)
            #expect(f.contexts.cache.context(id.rawValue, .local) == nil)
        }
    }

    /// What the writer tells the readers.
    private final class Progress: Sendable {
        /// The last version that was acknowledged.
        let acknowledged = Atomic<Int>(1)
        let isDone = Atomic<Bool>(false)
    }
}
