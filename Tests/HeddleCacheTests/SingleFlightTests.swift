import Dispatch
import HeddleCache
import HeddleTestSupport
import Synchronization
import Testing

@Suite("One load for all")
struct SingleFlightTests {
    struct Failure: Error {}

    /// What waiters heard.
    final class Ears: Sendable {
        let heard = Mutex<[Int]>([])
        let failures = Counter()

        func waiter(_ number: Int) -> SingleFlight<Int>.Waiter {
            { result in
                switch result {
                case .success(let value): self.heard.withLock { $0.append(value * 10_000 + number) }
                case .failure: self.failures.add()
                }
            }
        }

        var all: [Int] { heard.withLock { $0 } }
    }

    private let flight = SingleFlight<Int>()
    private let key = CacheKey(high: 1, low: 2)
    private let ears = Ears()

    private func lead(_ number: Int) throws -> SingleFlight<Int>.Ticket {
        guard case .leads(let ticket) = try flight.join(key, waiter: ears.waiter(number)) else { throw Failure() }
        return ticket
    }

    private func follow(_ number: Int) throws -> SingleFlight<Int>.Ticket {
        guard case .follows(let ticket) = try flight.join(key, waiter: ears.waiter(number)) else { throw Failure() }
        return ticket
    }

    @Test("tells a thousand waiters once each, in their order")
    func thousand() throws {
        let ticket = try lead(0)
        for number in 1..<1_000 { _ = try follow(number) }
        #expect(flight.finish(ticket, .success(7)) == 1_000)
        #expect(ears.all == (0..<1_000).map { 70_000 + $0 })
        #expect(flight.finish(ticket, .success(8)) == 0)
        #expect(flight.count == 0)
    }

    @Test("tells a failure as well")
    func failure() throws {
        let ticket = try lead(0)
        _ = try follow(1)
        flight.finish(ticket, .failure(Failure()))
        #expect(ears.failures.value == 2)
    }

    @Test("goes on without its leader, and without any who left")
    func leaderLeaves() throws {
        let cancels = Counter()
        let leader = try lead(0)
        let tickets = try (1..<10).map(follow)
        flight.started(leader) { cancels.add() }
        #expect(flight.leave(leader))
        #expect(!flight.leave(leader))
        #expect(flight.leave(tickets[3]))
        #expect(cancels.value == 0)
        #expect(flight.finish(leader, .success(1)) == 8)
        #expect(ears.all == [1, 2, 3, 5, 6, 7, 8, 9].map { 10_000 + $0 })
        #expect(!flight.leave(tickets[0]))
    }

    @Test("is cancelled when the last has left, and its late result is told to nobody")
    func allLeave() throws {
        let cancels = Counter()
        let leader = try lead(0)
        let follower = try follow(1)
        flight.started(leader) { cancels.add() }
        flight.leave(leader)
        #expect(cancels.value == 0)
        flight.leave(follower)
        #expect(cancels.value == 1)
        // Who comes now begins anew, and the old load has nothing to say to it.
        let second = try lead(2)
        #expect(flight.finish(leader, .success(1)) == 0)
        flight.started(leader) { cancels.add() }
        #expect(cancels.value == 2)
        #expect(!flight.leave(follower))
        #expect(flight.finish(second, .success(2)) == 1)
        #expect(ears.all == [20_002])
    }

    @Test("refuses who comes when it is full")
    func full() throws {
        let flight = SingleFlight<Int>(maximumWaiters: 2)
        _ = try flight.join(key, waiter: ears.waiter(0))
        guard case .follows(let ticket) = try flight.join(key, waiter: ears.waiter(1)) else { throw Failure() }
        let error = #expect(throws: SingleFlightError.self) { try flight.join(key, waiter: ears.waiter(2)) }
        #expect(error?.code == .full && error?.limit == 2)
        flight.leave(ticket)
        _ = try flight.join(key, waiter: ears.waiter(3))
    }

    @Test("lets a waiter join again from its callback")
    func reentrancy() throws {
        let (flight, key, rounds) = (flight, key, Counter())
        @Sendable func join() {
            rounds.add()
            guard rounds.value <= 100 else { return }
            let joined = try? flight.join(key) { _ in join() }
            guard case .leads(let ticket)? = joined else {
                Issue.record("joined a load that was over")
                return
            }
            flight.finish(ticket, .success(1))
        }
        join()
        #expect(rounds.value == 101)
        #expect(flight.count == 0)
    }

    @Test("tells each waiter at most once while threads join, leave and finish")
    func threads() {
        let (flight, keys) = (SingleFlight<Int>(), (0..<4).map { CacheKey(high: 0, low: $0) })
        let (joined, told, left, twice) = (Counter(), Counter(), Counter(), Counter())
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            var random = SplitMix64(seed: UInt64(thread))
            var tickets: [SingleFlight<Int>.Ticket] = []
            for _ in 0..<10_000 {
                let key = keys[Int.random(in: 0..<4, using: &random)]
                let once = Once()
                let ticket = try? flight.join(key) { _ in
                    if once.first() { told.add() } else { twice.add() }
                }
                joined.add()
                switch ticket {
                case .leads(let ticket), .follows(let ticket): tickets.append(ticket)
                case nil: twice.add()
                }
                guard tickets.count > 3 else { continue }
                let one = tickets.remove(at: Int.random(in: 0..<tickets.count, using: &random))
                if Bool.random(using: &random) {
                    if flight.leave(one) { left.add() }
                } else {
                    flight.finish(one, .success(1))
                    if flight.leave(one) { left.add() }
                }
            }
            for ticket in tickets where flight.leave(ticket) { left.add() }
        }
        #expect(twice.value == 0 && flight.count == 0)
        #expect(told.value + left.value == joined.value)
    }

    private final class Once: Sendable {
        private let isDone = Atomic<Bool>(false)

        func first() -> Bool { !isDone.exchange(true, ordering: .relaxed) }
    }
}
