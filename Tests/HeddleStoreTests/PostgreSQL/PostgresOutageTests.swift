import HeddleModel
import HeddleStore
import HeddleTestSupport
import Synchronization
import Testing

@Suite(
    "A server that goes away under load",
    .enabled(if: PostgresServer.isExpected, "skipped: no PostgreSQL")
)
struct PostgresOutageTests {
    /// What callers were told of their writes.
    private struct Told {
        var acknowledged: Set<String> = []
        var refused: Set<String> = []
        var inDoubt: Set<String> = []
        var others: [String] = []
    }

    /// Writers that insert one item after the other until they are stopped, and remember what they were told.
    private final class Load: Sendable {
        private let isOver = Atomic<Bool>(false)
        private let told = Mutex(Told())

        var current: Told { told.withLock { $0 } }

        func stop() { isOver.store(true, ordering: .relaxed) }

        func run(_ writer: Int, on store: HeddleStore) async {
            var number = 0
            while !isOver.load(ordering: .relaxed) {
                number += 1
                let name = "item-\(writer)-\(number)"
                do {
                    try await store.insert(name)
                    told.withLock { _ = $0.acknowledged.insert(name) }
                } catch let error as HeddleError where Self.isRefusal(error.code) {
                    told.withLock { _ = $0.refused.insert(name) }
                } catch let error as HeddleError where error.code == .databaseInDoubt {
                    told.withLock { _ = $0.inDoubt.insert(name) }
                } catch {
                    told.withLock { $0.others.append("\(error)") }
                    return
                }
            }
        }

        /// While connections come back, those that are back may be busy for too long.
        private static func isRefusal(_ code: HeddleError.Code) -> Bool {
            code == .databaseUnavailable || code == .databasePoolExhausted
        }

        func waitForWrites(_ count: Int) async {
            let goal = current.acknowledged.count + count
            while current.acknowledged.count < goal, current.others.isEmpty { await Task.yield() }
        }
    }

    @Test("stopped or crashed, and comes back, has all that was acknowledged", arguments: [false, true])
    func outage(crashes: Bool) async throws {
        let server = try PostgresServer()
        let configuration = PostgresFixture.limits { $0.acquireTimeout = .milliseconds(500) }
        try await PostgresFixture.with(url: server.makeDatabase(), configuration) { store in
            let load = Load()
            let writers = Task {
                await withTaskGroup { group in
                    for writer in 0..<24 { group.addTask { await load.run(writer, on: store) } }
                }
            }
            // A writer that nobody stops would keep its thread from all tests behind this one.
            defer { load.stop() }
            for _ in 0..<2 {
                await load.waitForWrites(500)
                if crashes { try server.kill() } else { try server.stop() }
                let refused = load.current.refused.count
                while load.current.refused.count < refused + 24, load.current.others.isEmpty { await Task.yield() }
                try server.start()
                await load.waitForWrites(500)
            }
            load.stop()
            await writers.value
            let told = load.current
            #expect(told.others.isEmpty)
            let stored = Set(try await store.names())
            #expect(told.acknowledged.isSubset(of: stored))
            // Who was told that it did not happen was told the truth.
            #expect(told.refused.isDisjoint(with: stored))
            #expect(stored.subtracting(told.acknowledged).isSubset(of: told.inDoubt))
        }
    }

    @Test("is unavailable and then available again, without a restart of the store")
    func recovery() async throws {
        let server = try PostgresServer()
        let configuration = PostgresFixture.limits { $0.acquireTimeout = .milliseconds(300) }
        try await PostgresFixture.with(url: server.makeDatabase(), configuration) { store in
            try await store.insert("before")
            try server.stop()
            let write = await #expect(throws: HeddleError.self) { try await store.insert("during") }
            #expect(write?.code == .databaseUnavailable)
            let read = await #expect(throws: HeddleError.self) { _ = try await store.names() }
            #expect(read?.code == .databaseUnavailable)
            try server.start()
            while (try? await store.insert("after")) == nil {}
            let names = try await store.names()
            #expect(names == ["after", "before"])
        }
    }

    @Test("is not there at all when the store is opened")
    func absent() async throws {
        let configuration = PostgresFixture.limits { $0.acquireTimeout = .milliseconds(200) }
        let error = await #expect(throws: HeddleError.self) {
            _ = try await HeddleStore.open(
                url: "postgres://heddle:secret-word@127.0.0.1:1/nothing",
                configuration: configuration,
                migrations: [],
                logger: PostgresFixture.silent
            )
        }
        #expect(error?.code == .databaseUnavailable)
        #expect(error?.description.contains("secret-word") == false)
    }
}
