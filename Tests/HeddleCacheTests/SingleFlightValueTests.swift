import HeddleCache
import Testing

@Suite("One asynchronous load for all")
struct SingleFlightValueTests {
    struct Failure: Error {}

    /// A load that ends when it is told to.
    private final class Load: Sendable {
        let begun = Counter()
        let cancelled = Counter()
        private let gate = AsyncStream<Int>.makeStream()

        func open(_ value: Int) { gate.continuation.yield(value) }

        func value() async throws -> Int {
            begun.add()
            for await value in gate.stream { return value }
            cancelled.add()
            throw CancellationError()
        }
    }

    private let flight = SingleFlight<Int>()
    private let key = CacheKey(high: 1, low: 2)
    private let load = Load()

    private func ask() -> Task<Int, any Error> {
        let (flight, key, load) = (flight, key, load)
        return Task { try await flight.value(for: key) { try await load.value() } }
    }

    private func until(_ condition: () -> Bool) async {
        while !condition() { await Task.yield() }
    }

    @Test("is made once for many")
    func once() async throws {
        let tasks = (0..<100).map { _ in ask() }
        await until { flight.waiters == 100 }
        load.open(7)
        for task in tasks { #expect(try await task.value == 7) }
        #expect(load.begun.value == 1 && flight.waiters == 0)
    }

    @Test("fails for all")
    func failure() async throws {
        await #expect(throws: Failure.self) { try await flight.value(for: key) { throw Failure() } }
        #expect(flight.count == 0)
    }

    @Test("does not end with the caller that began it")
    func leader() async throws {
        let leader = ask()
        await until { load.begun.value == 1 }
        let follower = ask()
        await until { flight.waiters == 2 }
        // Gone at once, with the load going on.
        leader.cancel()
        await #expect(throws: CancellationError.self) { try await leader.value }
        load.open(3)
        #expect(try await follower.value == 3)
    }

    @Test("is cancelled when nobody waits any more")
    func abandoned() async throws {
        let task = ask()
        await until { load.begun.value == 1 }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        await until { load.cancelled.value == 1 }
        #expect(flight.count == 0)
        #expect(try await flight.value(for: key) { 5 } == 5)
    }

    @Test("is not begun for a caller that is cancelled already")
    func early() async throws {
        let (flight, key, load) = (flight, key, load)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await flight.value(for: key) { try await load.value() }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(load.begun.value == 0)
    }
}
