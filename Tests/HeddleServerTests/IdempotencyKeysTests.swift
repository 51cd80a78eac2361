import HeddleModel
import HeddleStore
import JSON
import Synchronization
import Testing

@testable import HeddleServer

@Suite("Keys of requests")
struct IdempotencyKeysTests {
    private static let caller = Caller.local(origin: .rest, requestID: RequestID())

    private func withKeys(
        after migrations: [Migration] = [],
        _ body: (IdempotencyKeys, HeddleStore) async throws -> Void
    ) async throws {
        let store = try HeddleStore.temporary(migrations: IdempotencyMigrations.all + migrations)
        do {
            try await body(IdempotencyKeys(store: store, clock: SystemWallClock()), store)
        } catch {
            Issue.record(error)
        }
        await store.close()
    }

    private func ask(
        _ keys: IdempotencyKeys,
        _ key: String,
        failing error: HeddleError? = nil,
        _ work: () -> Void = {}
    ) async throws -> (answer: IdempotencyKeys.Answer, isReplay: Bool) {
        let body = try JSONDocument("{}").root
        return try await keys.answer(key, Self.caller, operation: "a/b", body: body) {
            if let error { throw error }
            work()
            return IdempotencyKeys.Answer(status: 200, body: Array("{}".utf8))
        }
    }

    private func code(_ operation: () async throws -> Void) async -> HeddleError.Code? {
        do {
            try await operation()
            return nil
        } catch {
            return (error as? HeddleError)?.code
        }
    }

    @Test("are never free again once the work was done, also when its answer cannot be kept")
    func unkept() async throws {
        let full = Migration(
            name: "9999_full",
            sqlite: """
                CREATE TRIGGER full BEFORE UPDATE ON idempotency_key
                BEGIN SELECT RAISE(ABORT, 'no room'); END;
                """
        )
        try await withKeys(after: [full]) { keys, store in
            let runs = Mutex(0)
            let first = try await ask(keys, "a") { runs.withLock { $0 += 1 } }
            #expect(!first.isReplay, "who asked gets the answer")
            let again = await code { _ = try await ask(keys, "a") { runs.withLock { $0 += 1 } } }
            #expect(again == .idempotencyKeyInUse && runs.withLock(\.self) == 1)
            // The next server cannot know what became of it.
            let next = IdempotencyKeys(store: store, clock: SystemWallClock())
            let later = await code { _ = try await ask(next, "a") }
            #expect(later == .idempotencyInDoubt)
        }
    }

    @Test("are free again when nothing was done, and in doubt when nobody knows")
    func failures() async throws {
        try await withKeys { keys, _ in
            for (number, error) in [
                HeddleError(.invalidParameters, "no"), HeddleError(.overloaded, "full"),
                HeddleError(.deadlineExceeded, "it waited", details: ["sent": "false"]),
            ]
            .enumerated() {
                let failure = await code { _ = try await ask(keys, "free-\(number)", failing: error) }
                let (second, third) = (try await ask(keys, "free-\(number)"), try await ask(keys, "free-\(number)"))
                #expect(failure == error.code && !second.isReplay && third.isReplay)
            }
            for (number, error) in [
                HeddleError(.deadlineExceeded, "it took too long"), HeddleError(.extensionCrashed, "it ended"),
            ]
            .enumerated() {
                let failure = await code { _ = try await ask(keys, "doubt-\(number)", failing: error) }
                let again = await code { _ = try await ask(keys, "doubt-\(number)") }
                #expect(failure == error.code && again == .idempotencyInDoubt)
            }
        }
    }

    @Test("are refused when too many are kept, and known ones are still answered")
    func bounded() async throws {
        try await withKeys { _, store in
            let keys = IdempotencyKeys(store: store, clock: SystemWallClock(), mostKeys: 2)
            var refused = 0
            for number in 0..<300 {
                let failure = await code { _ = try await ask(keys, "key-\(number)") }
                if failure == .tooManyRequests { refused += 1 } else { #expect(failure == nil && refused == 0) }
            }
            // It looks now and then as long as there is room, and each time when there is none.
            #expect((1...44).contains(refused), "\(refused)")
            let known = try await ask(keys, "key-1")
            #expect(known.isReplay)
        }
    }
}
