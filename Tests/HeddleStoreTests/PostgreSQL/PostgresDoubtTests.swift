import HeddleModel
import HeddleStore
import HeddleTestSupport
import Synchronization
import Testing

@Suite(
    "A connection that breaks",
    .enabled(if: PostgresServer.isExpected, "skipped: no PostgreSQL")
)
struct PostgresDoubtTests {
    /// How a commit is asked for; where the statement is prepared nothing goes before its name.
    private static let commit = "\0heddle_commit\0"

    private static func withProxy(
        _ configuration: HeddleStore.Configuration = HeddleStore.Configuration(),
        _ body: (HeddleStore, CuttingProxy) async throws -> Void
    ) async throws {
        let server = try PostgresServer.shared()
        let url = try server.makeDatabase()
        let proxy = try CuttingProxy(to: server.port)
        defer { proxy.close() }
        let name = String(url.split(separator: "/").last ?? "")
        try await PostgresFixture.with(url: server.url(database: name, port: proxy.port), configuration) { store in
            try await body(store, proxy)
        }
    }

    @Test(
        "before, at or after a commit changes nothing for the caller",
        arguments: [
            (.before, "cut here"), (.after, "cut here"), (.before, Self.commit), (.after, Self.commit),
        ] as [(CuttingProxy.Cut, String)]
    )
    func oneCut(cut: CuttingProxy.Cut, word: String) async throws {
        try await Self.withProxy { store, proxy in
            try await store.insert("before")
            proxy.cut(cut, at: word)
            let runs = Mutex(0)
            let changed = try await store.write { tx in
                runs.withLock { $0 += 1 }
                return try tx.execute("INSERT INTO item (name, label) VALUES ('x', $1)", ["cut here"])
            }
            #expect(proxy.remaining == 0)
            #expect(changed == 1)
            // What was committed is known to be, and not done again.
            #expect(runs.withLock { $0 } == (cut == .after && word == Self.commit ? 1 : 2))
            let names = try await store.names()
            #expect(names == ["before", "x"])
            #expect(store.statistics.reconnects == 1)
        }
    }

    @Test("is made anew for a read")
    func read() async throws {
        try await Self.withProxy { store, proxy in
            proxy.cut(.after, at: "cut here")
            let row = try await store.read { tx in try tx.first("SELECT $1 AS word", ["cut here"]) }
            #expect(row?.values == ["cut here"])
        }
    }

    @Test("again and again is an error that says so")
    func bounded() async throws {
        try await Self.withProxy { store, proxy in
            proxy.cut(.before, at: "cut here", times: 100)
            let error = await #expect(throws: HeddleError.self) {
                try await store.write { tx in
                    try tx.execute("INSERT INTO item (name, label) VALUES ('x', $1)", ["cut here"])
                }
            }
            #expect(error?.code == .databaseUnavailable)
            #expect(proxy.remaining == 96)
            let names = try await store.names()
            #expect(names.isEmpty)
        }
    }

    @Test("at a commit, with no way back, leaves it in doubt")
    func inDoubt() async throws {
        let configuration = PostgresFixture.limits { $0.acquireTimeout = .milliseconds(300) }
        try await Self.withProxy(configuration) { store, proxy in
            proxy.cut(.after, at: Self.commit, refusesAfterwards: true)
            let error = await #expect(throws: HeddleError.self) { try await store.insert("x") }
            #expect(error?.code == .databaseInDoubt)
            proxy.cut(.before, at: "nothing")
            let names = try await store.names()
            #expect(names == ["x"])
        }
    }

    @Test("again and again while a write that changed nothing commits is an error, not a success")
    func boundedCommit() async throws {
        try await Self.withProxy { store, proxy in
            proxy.cut(.before, at: "\0heddle_transaction\0", times: 100)
            let error = await #expect(throws: HeddleError.self) {
                try await store.write { tx in _ = try tx.query("SELECT name FROM item") }
            }
            #expect(error?.code == .databaseUnavailable)
            #expect(proxy.remaining == 96)
        }
    }

    @Test("with nothing changed is not in doubt")
    func nothingChanged() async throws {
        try await Self.withProxy { store, proxy in
            proxy.cut(.after, at: Self.commit)
            let changed = try await store.write { tx in try tx.execute("DELETE FROM item WHERE name = 'nobody'") }
            #expect(changed == 0)
            #expect(proxy.remaining == 0)
        }
    }
}
