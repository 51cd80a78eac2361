import Testing

@testable import HeddleResilience

@Suite("The circuit breaker")
struct CircuitBreakerTests {
    private let start = ContinuousClock.now
    private var configuration = CircuitBreaker.Configuration()

    private func seconds(_ count: Double) -> ContinuousClock.Instant { start + .milliseconds(Int(count * 1000)) }

    private func open(_ breaker: inout CircuitBreaker, at time: Double = 0) {
        for _ in 0..<breaker.configuration.failures { breaker.call(.failure, at: seconds(time)) }
    }

    @Test("opens at five failures in a row, and a success between begins the count anew")
    func consecutive() {
        var breaker = CircuitBreaker(now: start)
        for _ in 0..<4 { #expect(breaker.call(.failure, at: start) == nil) }
        breaker.call(.success, at: start)
        for _ in 0..<4 { #expect(breaker.call(.failure, at: start) == nil) }
        breaker.call(.neutral, at: start)
        let transition = breaker.call(.failure, at: start)
        #expect(transition == .init(from: .closed, to: .open, reason: .consecutiveFailures))
        #expect(breaker.admit(now: seconds(1)) == .refused(retryAfter: .seconds(29)))
        #expect(breaker.counters(now: seconds(1)).refused == 1)
        #expect(breaker.timeLeft(now: seconds(1)) == .seconds(29))
    }

    @Test("does not open at failures in a row that are further apart than the window")
    func spread() {
        var breaker = CircuitBreaker(now: start)
        for step in 0..<100 { #expect(breaker.call(.failure, at: seconds(Double(step) * 15.001)) == nil) }
        #expect(breaker.counters(now: seconds(1500)).consecutiveFailures == 100)
        #expect(breaker.call(.failure, at: seconds(1501)) == nil)
        // The fifth before it is less than a minute ago now.
        #expect(breaker.call(.failure, at: seconds(1502)) != nil)
    }

    @Test("opens at a rate of failures, once there are enough calls, and forgets old ones")
    func rate() {
        var breaker = CircuitBreaker(now: start)
        for step in 0..<18 { #expect(breaker.call(step % 2 == 0 ? .failure : .success, at: start) == nil) }
        // The nineteenth is a failure, and the twentieth call a success: half of them.
        #expect(breaker.call(.failure, at: start) == nil)
        #expect(breaker.call(.success, at: start)?.reason == .failureRate)

        breaker = CircuitBreaker(now: start)
        for step in 0..<18 { breaker.call(step % 2 == 0 ? .failure : .success, at: start) }
        for step in 0..<18 { #expect(breaker.call(step % 2 == 0 ? .failure : .success, at: seconds(61)) == nil) }
        #expect(breaker.counters(now: seconds(61)).calls == 18)
        #expect(breaker.counters(now: seconds(200)).calls == 0)
    }

    @Test("opens at a rate of slow calls if asked to, and a slow probe does not close it")
    mutating func slow() {
        configuration.slowRatePercent = 50
        configuration.slowCall = .seconds(1)
        configuration.minimumCalls = 4
        var breaker = CircuitBreaker(configuration, now: start)
        for _ in 0..<2 { breaker.call(.success, at: start) }
        #expect(breaker.call(.success, taking: .seconds(2), at: start) == nil)
        #expect(breaker.call(.success, taking: .seconds(2), at: start)?.reason == .slowRate)
        #expect(breaker.call(.success, taking: .seconds(2), at: seconds(30))?.reason == .probeFailed)
        #expect(breaker.call(.success, at: seconds(60))?.reason == .probeSucceeded)
        breaker = CircuitBreaker(now: start)
        for _ in 0..<100 { #expect(breaker.call(.success, taking: .seconds(100), at: start) == nil) }
    }

    @Test("lets one probe pass after the time, whose success closes it and whose failure opens it again")
    func halfOpen() throws {
        var breaker = CircuitBreaker(now: start)
        open(&breaker)
        #expect(breaker.admit(now: seconds(29.999)) == .refused(retryAfter: .milliseconds(1)))
        let probe = try breaker.admitted(at: seconds(30))
        #expect(probe.isProbe)
        #expect(probe.transition == .init(from: .open, to: .halfOpen, reason: .timePassed))
        #expect(breaker.admit(now: seconds(31)) == .refused(retryAfter: .seconds(1)))
        #expect(breaker.record(probe, .failure, duration: .zero, now: seconds(32))?.reason == .probeFailed)
        #expect(breaker.openedAt == seconds(32))
        #expect(breaker.admit(now: seconds(61)) == .refused(retryAfter: .seconds(1)))
        #expect(breaker.call(.success, at: seconds(62)) == .init(from: .halfOpen, to: .closed, reason: .probeSucceeded))
        #expect(breaker.openedAt == nil)
        #expect(breaker.counters(now: seconds(62)).failures == 0)
        #expect(breaker.counters(now: seconds(62)).opened == 2)
    }

    @Test("needs as many successes as configured, with no more probes at once than configured")
    mutating func severalProbes() throws {
        configuration.probes = 2
        configuration.successesToClose = 3
        var breaker = CircuitBreaker(configuration, now: start)
        open(&breaker)
        let first = try breaker.admitted(at: seconds(30))
        let second = try breaker.admitted(at: seconds(30))
        #expect(breaker.permit(at: seconds(30)) == nil)
        #expect(breaker.record(first, .success, duration: .zero, now: seconds(30)) == nil)
        // The same result twice counts once.
        #expect(breaker.record(first, .success, duration: .zero, now: seconds(30)) == nil)
        #expect(breaker.record(second, .success, duration: .zero, now: seconds(30)) == nil)
        #expect(breaker.call(.success, at: seconds(31))?.to == .closed)
    }

    @Test(
        "always gets the slot of a probe back",
        arguments: [CircuitBreaker.Outcome.success, .failure, .neutral]
    )
    func slots(_ outcome: CircuitBreaker.Outcome) throws {
        var breaker = CircuitBreaker(now: start)
        open(&breaker)
        for round in 1...10 {
            let time = seconds(Double(round) * 40)
            let probe = try breaker.admitted(at: time)
            _ = breaker.record(probe, outcome, duration: .zero, now: time)
            #expect(breaker.counters(now: time).probesUnderWay == 0)
            if outcome == .neutral { #expect(breaker.state == .halfOpen) }
            if outcome == .success { open(&breaker, at: Double(round) * 40) }
        }
    }

    @Test("gives up a probe that never reports, whose late result then changes nothing")
    func leak() throws {
        var breaker = CircuitBreaker(now: start)
        open(&breaker)
        let lost = try breaker.admitted(at: seconds(30))
        #expect(breaker.permit(at: seconds(89.999)) == nil)
        let next = try breaker.admitted(at: seconds(90))
        #expect(breaker.record(lost, .success, duration: .zero, now: seconds(91)) == nil)
        #expect(breaker.state == .halfOpen)
        #expect(breaker.record(lost, .failure, duration: .zero, now: seconds(91)) == nil)
        #expect(breaker.state == .halfOpen)
        #expect(breaker.record(next, .success, duration: .zero, now: seconds(92))?.to == .closed)
    }

    @Test("is not moved by results of calls that were admitted before it opened, closed or was reset")
    func generations() throws {
        var breaker = CircuitBreaker(now: start)
        let early = try (0..<12).map { _ in try breaker.admitted(at: start) }
        open(&breaker)
        #expect(breaker.record(early[0], .failure, duration: .zero, now: seconds(20)) == nil)
        #expect(breaker.openedAt == start)
        #expect(breaker.record(early[1], .success, duration: .zero, now: seconds(20)) == nil)
        let probe = try breaker.admitted(at: seconds(30))
        #expect(breaker.record(early[2], .success, duration: .zero, now: seconds(30)) == nil)
        #expect(breaker.record(early[3], .failure, duration: .zero, now: seconds(30)) == nil)
        #expect(breaker.state == .halfOpen)
        #expect(breaker.record(probe, .success, duration: .zero, now: seconds(30))?.to == .closed)
        for permit in early[4...] {
            #expect(breaker.record(permit, .failure, duration: .zero, now: seconds(31)) == nil)
        }
        #expect(breaker.counters(now: seconds(31)).consecutiveFailures == 0)
    }

    @Test("is closed by a reset, whatever it is, and begins anew")
    func reset() throws {
        var breaker = CircuitBreaker(now: start)
        for _ in 0..<4 { breaker.call(.failure, at: start) }
        #expect(breaker.reset(now: start) == nil)
        for _ in 0..<4 { #expect(breaker.call(.failure, at: start) == nil) }
        #expect(breaker.call(.failure, at: start) != nil)
        #expect(breaker.reset(now: start) == .init(from: .open, to: .closed, reason: .reset))
        open(&breaker)
        let probe = try breaker.admitted(at: seconds(30))
        #expect(breaker.reset(now: seconds(31))?.from == .halfOpen)
        #expect(breaker.record(probe, .failure, duration: .zero, now: seconds(32)) == nil)
        #expect(breaker.state == .closed)
    }

    @Test("takes any configuration and a clock that stands still")
    mutating func extremes() {
        configuration.failures = -5
        configuration.window = .zero
        configuration.openFor = .seconds(-1)
        configuration.probes = 0
        configuration.successesToClose = 0
        configuration.failureRatePercent = 0
        var breaker = CircuitBreaker(configuration, now: start)
        #expect(breaker.call(.failure, at: start)?.to == .open)
        #expect(breaker.call(.success, at: start)?.to == .closed)
        #expect(breaker.call(.success, at: start) == nil)
    }
}

extension CircuitBreaker {
    mutating func permit(at now: ContinuousClock.Instant) -> Permit? {
        guard case .admitted(let permit) = admit(now: now) else { return nil }
        return permit
    }

    mutating func admitted(at now: ContinuousClock.Instant) throws -> Permit {
        let permit = permit(at: now)
        return try #require(permit)
    }

    /// A call that begins and ends at one moment.
    @discardableResult
    mutating func call(
        _ outcome: Outcome,
        taking duration: Duration = .zero,
        at now: ContinuousClock.Instant
    ) -> Transition? {
        permit(at: now).flatMap { record($0, outcome, duration: duration, now: now) }
    }
}
