import HeddleModel
package import HeddleResilience
import HeddleTelemetry
import Synchronization

/// What is remembered of one tool of a version between its calls: its breaker, and where its calls are counted.
package final class CapabilityRuntime: Sendable {
    package let name: String
    /// Its number among those of its pool.
    let number: Int
    package let statistics: CapabilityStatistics
    private let breaker: Mutex<CircuitBreaker>
    private let sharesResults = Atomic<Bool>(false)
    private let hidesResults = Atomic<Bool>(false)

    init(name: String, number: Int, breaker: CircuitBreaker.Configuration, statistics: CapabilityStatistics) {
        self.name = name
        self.number = number
        self.statistics = statistics
        self.breaker = Mutex(CircuitBreaker(breaker, now: .now))
    }

    /// Whether the extension let everybody of the tenant see a result of it.
    var hasSharedResults: Bool { sharesResults.load(ordering: .relaxed) }

    /// Whether the extension said of a result of it that it is for its caller alone.
    var hasPrivateResults: Bool { hidesResults.load(ordering: .relaxed) }

    func notePrivateResults() { hidesResults.store(true, ordering: .relaxed) }

    func noteSharedResults() { sharesResults.store(true, ordering: .relaxed) }

    /// How the breaker is now.
    package var breakerState: CircuitBreaker { breaker.withLock { $0 } }

    func admit(now: ContinuousClock.Instant) -> CircuitBreaker.Admission {
        breaker.withLock { $0.admit(now: now) }
    }

    func record(
        _ permit: CircuitBreaker.Permit,
        _ outcome: CircuitBreaker.Outcome,
        duration: Duration,
        now: ContinuousClock.Instant
    ) -> CircuitBreaker.Transition? {
        breaker.withLock { $0.record(permit, outcome, duration: duration, now: now) }
    }

    /// Closes the breaker as if nothing had failed.
    package func resetBreaker(now: ContinuousClock.Instant = .now) -> CircuitBreaker.Transition? {
        breaker.withLock { $0.reset(now: now) }
    }
}
