import Testing

@testable import HeddleStore

@Suite("What a connection keeps")
struct SQLiteStatementCacheTests {
    @Test("of prepared statements has a bound")
    func bounded() async throws {
        let engine = try SQLiteEngine.temporary(configuration: .init(readers: 1), migrations: [])
        for number in 0..<SQLiteConnection.statementCapacity * 2 {
            let row = try await engine.read { tx in try tx.first("SELECT \(number) AS number, $1 AS argument", ["x"]) }
            #expect(try row?.integer("number") == Int64(number))
        }
        let kept = try #require(engine.readers.connections.first?.statementCount)
        #expect(kept <= SQLiteConnection.statementCapacity)
        #expect(kept >= SQLiteConnection.statementCapacity / 2)
        await engine.close()
    }

    @Test("of waiting jobs comes out in order")
    func backlog() {
        var backlog = Backlog<Int>()
        var taken: [Int] = []
        for number in 0..<1_000 {
            backlog.append(number)
            if number.isMultiple(of: 3) {
                taken += backlog.take(2)
            }
        }
        #expect(backlog.count == 1_000 - taken.count)
        taken += backlog.take(10_000)
        #expect(taken == Array(0..<1_000))
        #expect(backlog.isEmpty)
        #expect(backlog.take(1).isEmpty)
    }
}
