import HeddleModel
import HeddleStore
import HeddleTestSupport
import Synchronization
import Testing

@Suite(
    "Writes that are in each other's way on PostgreSQL",
    .enabled(if: PostgresServer.isExpected, "skipped: no PostgreSQL")
)
struct PostgresConflictTests {
    @Test("in opposite order both succeed")
    func deadlock() async throws {
        try await PostgresFixture.with(url: PostgresServer.shared().makeDatabase()) { store in
            try await store.insert("a")
            try await store.insert("b")
            // Both hold their first row before either asks for its second, the first time.
            let meeting = Meeting(of: 2)
            try await withThrowingTaskGroup { group in
                for (first, second) in [("a", "b"), ("b", "a")] {
                    group.addTask {
                        try await store.write { tx in
                            let add = "UPDATE item SET amount = amount + 1 WHERE name = $1"
                            try tx.execute(add, [.text(first)])
                            meeting.arrive()
                            try tx.execute(add, [.text(second)])
                        }
                    }
                }
                try await group.waitForAll()
            }
            let amounts = try await store.read { tx in
                try tx.query("SELECT amount FROM item").map { try $0.integer("amount") }
            }
            #expect(amounts == [2, 2])
            #expect(store.statistics.reruns >= 1)
        }
    }

    @Test("decide as if one came after the other", arguments: [false, true])
    func counters(locks: Bool) async throws {
        try await PostgresFixture.with(url: PostgresServer.shared().makeDatabase()) { store in
            try await store.insert("counter", amount: 100)
            try await withThrowingTaskGroup { group in
                for _ in 0..<16 {
                    group.addTask {
                        for _ in 0..<10 {
                            try await store.write { tx in
                                let sql = "SELECT amount FROM item WHERE name = 'counter'"
                                let row = try locks ? tx.lock(sql).first : tx.first(sql)
                                let amount = try #require(try row?.integer("amount"))
                                try tx.execute(
                                    "UPDATE item SET amount = $1 WHERE name = 'counter'",
                                    [.integer(amount + 1)]
                                )
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let amount = try await store.read { tx in try tx.first("SELECT amount FROM item")?.integer("amount") }
            #expect(amount == 260)
        }
    }

    @Test("keep a rule over rows that neither changed")
    func writeSkew() async throws {
        try await PostgresFixture.with(url: PostgresServer.shared().makeDatabase()) { store in
            // At most one of the two may be 1; each write looks at the other's row.
            try await store.insert("a")
            try await store.insert("b")
            let meeting = Meeting(of: 2)
            let taken = try await withThrowingTaskGroup { group in
                for (own, other) in [("a", "b"), ("b", "a")] {
                    group.addTask {
                        try await store.write { tx in
                            let row = try tx.first("SELECT amount FROM item WHERE name = $1", [.text(other)])
                            meeting.arrive()
                            guard try row?.integer("amount") == 0 else { return 0 }
                            return try tx.execute("UPDATE item SET amount = 1 WHERE name = $1", [.text(own)])
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(taken == 1)
        }
    }

    @Test("run a closure once more that found a key free which somebody took meanwhile")
    func takenMeanwhile() async throws {
        try await PostgresFixture.with(url: PostgresServer.shared().makeDatabase()) { store in
            let gate = Gate()
            let runs = Mutex(0)
            async let changed = store.write { tx in
                // The snapshot is older than the row of the other; what it reads of that row it reads afterwards.
                _ = try tx.query("SELECT name FROM shelf")
                let run = runs.withLock { runs in
                    runs += 1
                    return runs
                }
                if run == 1 { gate.hold() }
                guard try tx.first("SELECT name FROM item WHERE label = 'key'") == nil else { return 0 }
                return try tx.execute("INSERT INTO item (name, label) VALUES ('key', 'key')")
            }
            await gate.waitForArrival()
            _ = try await store.write { tx in
                try tx.execute("INSERT INTO item (name, label) VALUES ('key', 'key')")
            }
            gate.open()
            let count = try await changed
            #expect(count == 0)
            #expect(runs.withLock { $0 } == 2)
            #expect(store.statistics.reruns == 1)
        }
    }

    @Test("with a key that is taken are told after one more look")
    func taken() async throws {
        try await PostgresFixture.with(url: PostgresServer.shared().makeDatabase()) { store in
            try await store.insert("key")
            let runs = Mutex(0)
            await #expect(throws: StoreConstraintViolation.self) {
                try await store.write { tx in
                    runs.withLock { $0 += 1 }
                    _ = try tx.query("SELECT name FROM shelf")
                    try tx.execute("INSERT INTO item (name) VALUES ('key')")
                }
            }
            #expect(runs.withLock { $0 } == 2)
            // Nobody looked here.
            await #expect(throws: StoreConstraintViolation.self) { try await store.insert("key") }
            #expect(store.statistics.reruns == 1)
        }
    }

    @Test("on two nodes all succeed, and nobody keeps the turn")
    func nodes() async throws {
        let url = try PostgresServer.shared().makeDatabase()
        try await PostgresFixture.with(url: url) { store in
            try await PostgresFixture.with(url: url) { other in
                try await store.insert("counter", amount: 100)
                try await withThrowingTaskGroup { group in
                    for node in [store, other] {
                        for _ in 0..<12 {
                            group.addTask {
                                for _ in 0..<5 { try await Self.increment(on: node) }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                let amount = try await store.read { tx in try tx.first("SELECT amount FROM item")?.integer("amount") }
                #expect(amount == 220)
                #expect(store.statistics.reruns + other.statistics.reruns > 0)
            }
            let name = String(url.split(separator: "/").last ?? "")
            let held = """
                SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
                    WHERE locktype = 'advisory' AND datname = '\(name)'
                """
            while try PostgresServer.shared().run(held) != "0" {}
        }
    }

    @Test("that lost twice wait for the turn that another node has")
    func turn() async throws {
        let server = try PostgresServer.shared()
        let url = try server.makeDatabase()
        let name = String(url.split(separator: "/").last ?? "")
        let body = "BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END"
        try server.run(
            "CREATE FUNCTION lose() RETURNS BIGINT LANGUAGE plpgsql AS '\(body.replacing("'", with: "''"))'",
            database: name
        )
        try await PostgresFixture.with(url: url) { store in
            let gate = Gate()
            let runs = Mutex(0)
            async let holding: Void = store.read { tx in
                _ = try tx.query("SELECT pg_advisory_xact_lock(114784685288549) IS NULL AS held")
                gate.hold()
            }
            await gate.waitForArrival()
            async let changed = store.write { tx in
                let run = runs.withLock { runs in
                    runs += 1
                    return runs
                }
                if run <= 2 { _ = try tx.query("SELECT lose() AS never") }
                return try tx.execute("INSERT INTO item (name) VALUES ('a')")
            }
            let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            while try server.run(waiting) != "1" {}
            #expect(runs.withLock { $0 } == 2)
            gate.open()
            let count = try await changed
            try await holding
            #expect(count == 1)
        }
    }

    private static func increment(on node: HeddleStore) async throws {
        try await node.write { tx in
            let row = try tx.first("SELECT amount FROM item WHERE name = 'counter'")
            let amount = try #require(try row?.integer("amount"))
            try tx.execute("UPDATE item SET amount = $1 WHERE name = 'counter'", [.integer(amount + 1)])
        }
    }

    @Test("of which one claims a key tell the other that it is taken")
    func claims() async throws {
        try await PostgresFixture.with(url: PostgresServer.shared().makeDatabase()) { store in
            let claimed = try await withThrowingTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await store.write { tx in
                            guard try tx.first("SELECT name FROM item WHERE name = 'key'") == nil else { return 0 }
                            return try tx.execute("INSERT INTO item (name) VALUES ('key')")
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(claimed == 1)
        }
    }
}
