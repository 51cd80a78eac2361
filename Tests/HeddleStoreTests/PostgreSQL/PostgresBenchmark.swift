import Foundation
import HeddleModel
import HeddleStore
import HeddleTestSupport
import Testing

/// What the engine adds to PostgreSQL, next to PostgreSQL's own load generator in the same run.
///
/// `STORE_BENCHMARK=1 swift test -c release -Xswiftc -enable-testing --filter PostgresBenchmark` prints the table.
@Suite(
    "The cost of the engine for PostgreSQL",
    .enabled(if: ProcessInfo.processInfo.environment["STORE_BENCHMARK"] == "1", "skipped: STORE_BENCHMARK is not set")
)
struct PostgresBenchmark {
    private static let seconds = 2
    private static let rounds = 3
    private static let rows = 10_000

    private struct Work {
        let name: String
        /// The same statements as the store sends.
        let script: String
        /// The statement alone.
        let plainScript: String
        let run: @Sendable (HeddleStore, Int) async throws -> Void
    }

    private static let works = [
        Work(
            name: "insert",
            script: """
                BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE;
                INSERT INTO item (name, amount) VALUES (gen_random_uuid()::text, 1);
                COMMIT;
                """,
            plainScript: "INSERT INTO item (name, amount) VALUES (gen_random_uuid()::text, 1);",
            run: { store, _ in try await store.insert(UUID().uuidString, amount: 1) }
        ),
        Work(
            name: "read",
            script: """
                \\set key random(1, \(rows))
                BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
                SELECT name, amount FROM item WHERE name = 'row-' || :key;
                COMMIT;
                """,
            plainScript: """
                \\set key random(1, \(rows))
                SELECT name, amount FROM item WHERE name = 'row-' || :key;
                """,
            run: { store, number in
                let row = try await store.read { tx in
                    try tx.first("SELECT name, amount FROM item WHERE name = $1", [.text("row-\(number % rows + 1)")])
                }
                #expect(try row?.integer("amount") == 1)
            }
        ),
    ]

    private static func median(_ values: [Double]) -> Double {
        values.sorted()[values.count / 2]
    }

    /// The closures a second that so many callers get through.
    private static func load(
        _ work: Work,
        callers: Int,
        on store: HeddleStore
    ) async throws -> Double {
        let begin = ContinuousClock.now
        let end = begin + .seconds(seconds)
        let count = try await withThrowingTaskGroup { group in
            for caller in 0..<callers {
                group.addTask {
                    var count = 0
                    while ContinuousClock.now < end {
                        try await work.run(store, caller * 7_919 + count * 31)
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return Double(count) / ((ContinuousClock.now - begin) / .seconds(1))
    }

    @Test("in writes and reads a second")
    func table() async throws {
        let server = try PostgresServer()
        let url = try server.makeDatabase()
        print("| work | callers | store/s | pgbench, same statements/s | ratio | pgbench, plain/s | ratio |")
        try await PostgresFixture.with(url: url) { store in
            try await store.write { tx in
                for number in 1...Self.rows {
                    try tx.execute("INSERT INTO item (name, amount) VALUES ($1, 1)", [.text("row-\(number)")])
                }
            }
            try server.run("VACUUM ANALYZE item", database: String(url.split(separator: "/").last ?? ""))
            for work in Self.works {
                for callers in [1, 8, 32] {
                    var rates: [[Double]] = [[], [], []]
                    for _ in 0..<Self.rounds {
                        rates[0].append(try await Self.load(work, callers: callers, on: store))
                        for (index, script) in [work.script, work.plainScript].enumerated() {
                            rates[index + 1]
                                .append(
                                    try server.pgbench(script, url: url, clients: callers, seconds: Self.seconds)
                                )
                        }
                    }
                    let medians = rates.map(Self.median)
                    let figures = medians.map { String(Int($0)) }
                    let ratios = medians.dropFirst().map { String(format: "%.2f", medians[0] / $0) }
                    print(
                        "| \(work.name) | \(callers) | \(figures[0]) | \(figures[1]) | \(ratios[0]) | \(figures[2]) | \(ratios[1]) |"
                    )
                }
            }
        }
    }
}
