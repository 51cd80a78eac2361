import HeddleTestSupport
import Testing

@testable import HeddleResilience

/// The rules of the breaker with lists of everything that happened.
private struct PlainBreaker {
    struct Ended {
        let bucket: Int
        let failed: Bool
        let slow: Bool
    }

    let rules: CircuitBreaker.Configuration
    var state = CircuitBreaker.State.closed
    var openedAt: ContinuousClock.Instant
    var origin: ContinuousClock.Instant
    var ended: [Ended] = []
    var failuresInARow: [ContinuousClock.Instant] = []
    /// Calls that may still report, by number; a probe has the moment it began.
    var ordinary: Set<Int> = []
    var probes: [Int: ContinuousClock.Instant] = [:]
    var successes = 0

    init(_ rules: CircuitBreaker.Configuration, _ now: ContinuousClock.Instant) {
        self.rules = rules
        openedAt = now
        origin = now
    }

    mutating func become(_ next: CircuitBreaker.State, _ now: ContinuousClock.Instant) {
        state = next
        ordinary = []
        probes = [:]
        failuresInARow = []
        successes = 0
        if next == .open { openedAt = now }
        if next == .closed {
            ended = []
            origin = now
        }
    }

    mutating func admit(_ number: Int, _ now: ContinuousClock.Instant) -> Bool {
        if state == .open, now >= openedAt + rules.openFor { become(.halfOpen, now) }
        switch state {
        case .closed:
            ordinary.insert(number)
            return true
        case .open:
            return false
        case .halfOpen:
            probes = probes.filter { now - $0.value < rules.probeTimeout }
            guard probes.count < rules.probes else { return false }
            probes[number] = now
            return true
        }
    }

    mutating func record(_ number: Int, _ outcome: CircuitBreaker.Outcome, _ slow: Bool, _ now: ContinuousClock.Instant)
    {
        if probes.removeValue(forKey: number) != nil, outcome != .neutral {
            guard outcome == .success, !slow else { return become(.open, now) }
            successes += 1
            return successes >= rules.successesToClose ? become(.closed, now) : ()
        }
        guard ordinary.remove(number) != nil, outcome != .neutral else { return }
        let width = rules.window / 10
        // After a quiet time the buckets begin with the next call.
        let last = ended.last?.bucket ?? 0
        if ended.isEmpty ? now - origin >= rules.window + width : now - (origin + width * (last + 1)) >= rules.window {
            origin = now
            ended = []
        }
        let bucket = Int((now - origin) / width)
        ended.append(Ended(bucket: bucket, failed: outcome == .failure, slow: slow))
        ended.removeAll { $0.bucket <= bucket - 10 }
        failuresInARow = outcome == .failure ? failuresInARow + [now] : []
        let streak = failuresInARow.suffix(rules.failures)
        if streak.count == rules.failures, let first = streak.first, now - first <= rules.window {
            return become(.open, now)
        }
        guard ended.count >= rules.minimumCalls else { return }
        let limits = [
            (ended.count(where: \.failed), rules.failureRatePercent),
            (ended.count(where: \.slow), rules.slowRatePercent),
        ]
        for (count, percent) in limits {
            if let percent, count > 0, count * 100 >= percent * ended.count { return become(.open, now) }
        }
    }
}

@Suite("The circuit breaker beside a plain one")
struct CircuitBreakerModelTests {
    @Test("is in the same state over 100,000 steps", arguments: 1...5)
    func longRun(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var rules = CircuitBreaker.Configuration()
        rules.failures = Int.random(in: 3...8, using: &random)
        rules.window = .seconds(20)
        rules.minimumCalls = Int.random(in: 5...30, using: &random)
        rules.slowRatePercent = seed.isMultiple(of: 2) ? 60 : nil
        rules.slowCall = .seconds(1)
        rules.probes = Int.random(in: 1...3, using: &random)
        rules.successesToClose = Int.random(in: 1...3, using: &random)
        rules.probeTimeout = .seconds(40)
        var now = ContinuousClock.now
        var breaker = CircuitBreaker(rules, now: now)
        var plain = PlainBreaker(rules, now)
        var permits: [(number: Int, permit: CircuitBreaker.Permit)] = []
        var visits: [CircuitBreaker.State: Int] = [:]
        var mood = 50
        for step in 0..<20_000 {
            now += .milliseconds(Int.random(in: 0...400, using: &random))
            if Int.random(in: 0..<300, using: &random) == 0 { now += .seconds(Int.random(in: 1...60, using: &random)) }
            // Times in which much fails, and others.
            if Int.random(in: 0..<80, using: &random) == 0 { mood = Int.random(in: 0...100, using: &random) }
            switch Int.random(in: 0..<1000, using: &random) {
            case 0:
                _ = breaker.reset(now: now)
                plain.become(.closed, now)
            case ..<500:
                let isAdmitted = plain.admit(step, now)
                let permit = breaker.permit(at: now)
                #expect((permit != nil) == isAdmitted)
                // One in a hundred never reports.
                if let permit, Int.random(in: 0..<100, using: &random) > 0 { permits.append((step, permit)) }
            default:
                guard !permits.isEmpty else { continue }
                let (number, permit) = permits.remove(at: Int.random(in: 0..<permits.count, using: &random))
                let isSlow = Int.random(in: 0..<3, using: &random) == 0
                let chance = Int.random(in: 0..<110, using: &random)
                let outcome: CircuitBreaker.Outcome = chance >= 100 ? .neutral : chance < mood ? .failure : .success
                plain.record(number, outcome, isSlow && rules.slowRatePercent != nil, now)
                _ = breaker.record(permit, outcome, duration: isSlow ? .seconds(2) : .zero, now: now)
            }
            visits[breaker.state, default: 0] += 1
            let agrees =
                breaker.state == plain.state
                && (plain.state == .closed || breaker.openedAt == plain.openedAt)
                && breaker.probes.count == plain.probes.count
            #expect(agrees, "seed \(seed), step \(step): \(breaker.state) and not \(plain.state)")
            guard agrees else { return }
        }
        #expect(CircuitBreaker.State.allCases.allSatisfy { visits[$0, default: 0] > 50 }, "\(visits)")
    }
}
