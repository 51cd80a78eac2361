import HeddleTestSupport
import Testing

@testable import HeddleResilience

@Suite("Retries")
struct RetryTests {
    private let start = ContinuousClock.now
    private var random = SplitMix64(seed: 1)

    private mutating func decide(
        _ attempt: Int,
        remaining: Duration? = nil,
        hint: Duration? = nil,
        policy: RetryPolicy = RetryPolicy()
    ) -> RetryPolicy.Decision {
        var budget = RetryBudget(now: start)
        return policy.decide(
            attempt: attempt,
            remaining: remaining,
            hint: hint,
            budget: &budget,
            now: start,
            using: &random
        )
    }

    @Test("are made three times, with pauses anywhere up to one, two and four seconds")
    mutating func jitter() {
        for (attempt, longest) in [(1, Duration.seconds(1)), (2, .seconds(2)), (3, .seconds(4))] {
            var pauses: [Duration] = []
            for _ in 0..<400 {
                guard case .retry(let pause) = decide(attempt) else { continue }
                pauses.append(pause)
            }
            #expect(pauses.count == 400)
            #expect(pauses.allSatisfy { $0 >= .zero && $0 <= longest })
            // Full jitter: every quarter is used.
            for quarter in 0..<4 {
                let range = longest * quarter / 4..<longest * (quarter + 1) / 4
                #expect(pauses.count { range.contains($0) } > 60)
            }
        }
        #expect(decide(4) == .giveUp(.attempts))
    }

    @Test("pause no longer than the cap, however many there are")
    func cap() {
        var configuration = RetryPolicy.Configuration()
        configuration.retries = 100
        let policy = RetryPolicy(configuration)
        #expect((0..<7).map { policy.longestPause(before: $0) } == [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
        #expect(policy.longestPause(before: .max) == .seconds(30))
        configuration.base = .zero
        #expect(RetryPolicy(configuration).longestPause(before: 90) == .zero)
    }

    @Test("wait at least as long as the extension asks for")
    mutating func hint() {
        for _ in 0..<50 { #expect(decide(1, hint: .seconds(7)) == .retry(after: .seconds(7))) }
        #expect(decide(1, hint: .seconds(301)) == .giveUp(.hint))
        guard case .retry = decide(1, hint: .seconds(-5)) else {
            Issue.record("a hint of the past is none")
            return
        }
    }

    @Test("never wait until the deadline or past it")
    mutating func deadline() {
        for _ in 0..<500 {
            switch decide(3, remaining: .seconds(2)) {
            case .retry(let pause): #expect(pause < .seconds(2))
            case .giveUp(let reason): #expect(reason == .deadline)
            }
        }
        #expect(decide(1, remaining: .seconds(7), hint: .seconds(7)) == .giveUp(.deadline))
        #expect(decide(1, remaining: .zero) == .giveUp(.deadline))
        #expect(decide(1, remaining: .seconds(-1)) == .giveUp(.deadline))
    }

    @Test("cost nothing of the budget when they are given up for another reason")
    func order() {
        var random = SplitMix64(seed: 1)
        var configuration = RetryBudget.Configuration()
        configuration.floorPerSecond = 1
        configuration.window = .seconds(1)
        var budget = RetryBudget(configuration, now: start)
        let policy = RetryPolicy()
        func ask(_ attempt: Int, _ remaining: Duration?, _ random: inout SplitMix64) -> RetryPolicy.Decision {
            policy.decide(
                attempt: attempt,
                remaining: remaining,
                hint: nil,
                budget: &budget,
                now: start,
                using: &random
            )
        }
        #expect(ask(9, nil, &random) == .giveUp(.attempts))
        #expect(ask(1, .zero, &random) == .giveUp(.deadline))
        guard case .retry = ask(1, nil, &random) else {
            Issue.record("nothing has been taken from the budget")
            return
        }
        #expect(ask(1, nil, &random) == .giveUp(.budget))
    }

    @Test("are a fifth of the first tries and three a second at most")
    func budget() {
        var budget = RetryBudget(now: start)
        for _ in 0..<1000 { budget.deposit(now: start) }
        var retries = 0
        while budget.withdraw(now: start + .seconds(1)) { retries += 1 }
        #expect(retries == 200 + 30)
        #expect(budget.totals(now: start + .seconds(1)) == (1000, 230))
        #expect(budget.withdraw(now: start + .seconds(9)) == false)
        // All of that is over; the floor is left.
        retries = 0
        while budget.withdraw(now: start + .seconds(30)) { retries += 1 }
        #expect(retries == 30)
        budget.deposit(now: start)
        #expect(budget.totals(now: start + .seconds(1000)) == (0, 0))
    }

    @Test("stay within the budget in any stretch of time")
    mutating func budgetModel() {
        var budget = RetryBudget(now: start)
        var now = start
        var tries: [ContinuousClock.Instant] = []
        var retries: [ContinuousClock.Instant] = []
        for _ in 0..<100_000 {
            now += .milliseconds(Int.random(in: 0...20, using: &random))
            if Bool.random(using: &random) {
                budget.deposit(now: now)
                tries.append(now)
            } else if budget.withdraw(now: now) {
                retries.append(now)
                if retries.count.isMultiple(of: 50) {
                    tries.removeAll { $0 < now - .seconds(10) }
                    retries.removeAll { $0 < now - .seconds(9) }
                    // The counts of nine seconds at least are in the ring, and of ten at most.
                    #expect(retries.count * 100 <= tries.count * 20 + 3000)
                }
            }
        }
    }
}
