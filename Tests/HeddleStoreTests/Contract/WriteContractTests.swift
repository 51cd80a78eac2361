import HeddleModel
import HeddleStore
import Synchronization
import Testing

@Suite("Every engine writes")
struct WriteContractTests {
    private struct Refusal: Error {}

    @Test("a thousand at once, in fewer commits", arguments: ContractEngine.allCases)
    func concurrent(engine: ContractEngine) async throws {
        try await engine.withStore { store in
            try await withThrowingTaskGroup { group in
                for number in 0..<1_000 {
                    group.addTask { try await store.insert("item-\(number)", amount: 1) }
                }
                try await group.waitForAll()
            }
            let total = try await store.read { tx in
                try tx.first("SELECT count(*) AS total FROM item")?.integer("total")
            }
            #expect(total == 1_000)
            let statistics = store.statistics
            #expect(statistics.writes == 1_000)
            if engine.sharesCommits { #expect(statistics.groups < 1_000) }
            #expect(statistics.queueDepth == 0)
        }
    }

    @Test("and leaves the neighbours of a closure that throws alone", arguments: ContractEngine.allCases)
    func neighbours(engine: ContractEngine) async throws {
        try await engine.withStore(.init(maximumDelay: .milliseconds(20))) { store in
            let failures = await withTaskGroup { group in
                for number in 0..<100 {
                    group.addTask {
                        do {
                            try await store.write { tx in
                                try tx.execute("INSERT INTO item (name) VALUES ($1)", [.text("item-\(number)")])
                                if number.isMultiple(of: 3) { throw Refusal() }
                            }
                            return 0
                        } catch is Refusal {
                            return 1
                        } catch {
                            return 1_000
                        }
                    }
                }
                return await group.reduce(0, +)
            }
            #expect(failures == 34)
            let names = try await store.names()
            #expect(names.count == 66)
            if engine.sharesCommits { #expect(store.statistics.groups < 66) }
        }
    }

    @Test("and reads its own changes", arguments: ContractEngine.allCases)
    func readYourWrites(engine: ContractEngine) async throws {
        try await engine.withStore { store in
            let inside = try await store.write { tx in
                try tx.execute("INSERT INTO item (name) VALUES ('a')")
                return try tx.query("SELECT name FROM item").count
            }
            #expect(inside == 1)
            for number in 0..<200 {
                try await store.insert("item-\(number)")
                let names = try await store.names()
                #expect(names.count == number + 2)
            }
        }
    }

    @Test("in one snapshot per read", arguments: ContractEngine.allCases)
    func snapshot(engine: ContractEngine) async throws {
        try await engine.withStore { store in
            let began = AsyncStream<Void>.makeStream()
            let written = Mutex(false)
            async let counts = store.read { tx in
                let before = try tx.query("SELECT name FROM item").count
                began.continuation.finish()
                while !written.withLock({ $0 }) {}
                return [before, try tx.query("SELECT name FROM item").count]
            }
            for await _ in began.stream {}
            try await store.insert("a")
            written.withLock { $0 = true }
            #expect(try await counts == [0, 0])
        }
    }

    @Test("but not through a read", arguments: ContractEngine.allCases)
    func readCannotWrite(engine: ContractEngine) async throws {
        try await engine.withStore { store in
            let error = await #expect(throws: HeddleError.self) {
                try await store.read { tx in try tx.query("INSERT INTO item (name) VALUES ('a') RETURNING name") }
            }
            #expect(error?.code == .internalError)
            let names = try await store.names()
            #expect(names.isEmpty)
        }
    }

    @Test("and not after the transaction is over", arguments: ContractEngine.allCases)
    func keptTransaction(engine: ContractEngine) async throws {
        // The compiler refuses to let a transaction out of its closure; this goes around it on purpose.
        struct Smuggler: @unchecked Sendable {
            var transaction: WriteTransaction?
        }
        try await engine.withStore { store in
            let kept = Mutex(Smuggler())
            try await store.write { tx in
                let smuggler = Smuggler(transaction: tx)
                kept.withLock { $0 = smuggler }
            }
            let error = await #expect(throws: HeddleError.self) {
                try await store.write { _ in
                    try kept.withLock { $0 }.transaction?.execute("INSERT INTO item (name) VALUES ('a')")
                }
            }
            #expect(error?.message == "the transaction is over")
        }
    }

    @Test("as a whole when the caller is cancelled", arguments: ContractEngine.allCases)
    func cancellation(engine: ContractEngine) async throws {
        try await engine.withStore { store in
            let written = try await withThrowingTaskGroup { group in
                group.addTask {
                    try await store.write { tx in
                        // Cancelled before it began and while it runs: the writer knows neither.
                        for number in 0..<500 {
                            try tx.execute("INSERT INTO item (name) VALUES ($1)", [.text("item-\(number)")])
                        }
                        return 500
                    }
                }
                group.cancelAll()
                return try await group.next()
            }
            #expect(written == 500)
            let names = try await store.names()
            #expect(names.count == 500)
        }
    }
}
