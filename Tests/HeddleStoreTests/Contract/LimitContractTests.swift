import HeddleModel
import HeddleStore
import Testing

@Suite("Every engine has limits and an end")
struct LimitContractTests {
    @Test("on the writes that wait", arguments: ContractEngine.allCases)
    func queueFull(engine: ContractEngine) async throws {
        try await engine.withStore(.init(maximumQueue: 2, database: .single)) { store in
            let gate = Gate()
            async let held: Void = store.write { _ in gate.hold() }
            await gate.waitForArrival()
            async let first: Void = store.insert("a")
            async let second: Void = store.insert("b")
            while store.statistics.queueDepth < 2 { await Task.yield() }
            let error = await #expect(throws: HeddleError.self) { try await store.insert("c") }
            gate.open()
            #expect(error?.code == .storeQueueFull)
            #expect(error?.details["limit"] == "store.batch.max_queue")
            _ = try await (held, first, second)
            let names = try await store.names()
            #expect(names == ["a", "b"])
        }
    }

    @Test("which may change while it works", arguments: ContractEngine.allCases)
    func changes(engine: ContractEngine) async throws {
        try await engine.withStore(.init(maximumQueue: 1, database: .single)) { store in
            store.setBatches(maximumItems: 1, maximumDelay: .zero, maximumQueue: 3)
            let gate = Gate()
            async let held: Void = store.write { _ in gate.hold() }
            await gate.waitForArrival()
            async let first: Void = store.insert("a")
            async let second: Void = store.insert("b")
            while store.statistics.queueDepth < 2 { await Task.yield() }
            // What waits already stays, however few may wait now.
            store.setBatches(maximumItems: 1, maximumDelay: .zero, maximumQueue: 1)
            let error = await #expect(throws: HeddleError.self) { try await store.insert("c") }
            gate.open()
            #expect(error?.code == .storeQueueFull && error?.details["value"] == "1")
            _ = try await (held, first, second)
            #expect(try await store.names().sorted() == ["a", "b"])
            #expect(store.statistics.groups == 3)
        }
    }

    @Test("on the reads that wait", arguments: ContractEngine.allCases)
    func readsFull(engine: ContractEngine) async throws {
        try await engine.withStore(.init(readers: 1, maximumWaitingReads: 1, database: .single)) { store in
            let gate = Gate()
            async let held: Void = store.read { _ in gate.hold() }
            await gate.waitForArrival()
            async let waiting = store.names()
            while store.statistics.waitingReads < 1 { await Task.yield() }
            let error = await #expect(throws: HeddleError.self) { _ = try await store.names() }
            gate.open()
            #expect(error?.code == .storeQueueFull)
            #expect(error?.details["limit"] == "waiting_reads")
            _ = try await (held, waiting)
        }
    }

    @Test("and close() finishes what was accepted", arguments: ContractEngine.allCases)
    func closeDrains(engine: ContractEngine) async throws {
        try await engine.withStore(.init(maximumDelay: .seconds(60), database: .single)) { store in
            let gate = Gate()
            async let held: Void = store.read { _ in gate.hold() }
            await gate.waitForArrival()
            async let written = store.write { tx in try tx.execute("INSERT INTO item (name) VALUES ('a')") }
            while store.statistics.queueDepth < 1 { await Task.yield() }
            gate.open()
            await store.close()
            #expect(try await written == 1)
            try await held
        }
    }

    @Test("and nothing is accepted after close()", arguments: ContractEngine.allCases)
    func closed(engine: ContractEngine) async throws {
        try await engine.withStore { store in
            await store.close()
            await store.close()
            let write = await #expect(throws: HeddleError.self) { try await store.insert("a") }
            #expect(write?.code == .shuttingDown)
            let read = await #expect(throws: HeddleError.self) { _ = try await store.names() }
            #expect(read?.code == .shuttingDown)
        }
    }

    @Test("and no member waits longer than the delay, or for a batch that is full", arguments: ContractEngine.allCases)
    func fullBatchGoesAtOnce(engine: ContractEngine) async throws {
        try await engine.withStore(.init(maximumBatch: 8, maximumDelay: .seconds(60))) { store in
            try await withThrowingTaskGroup { group in
                for number in 0..<8 {
                    group.addTask { try await store.insert("item-\(number)") }
                }
                try await group.waitForAll()
            }
            #expect(store.statistics.groups == (engine.sharesCommits ? 1 : 8))
        }
    }
}
