/// Keeps calls away from an extension that fails, and finds out with single calls whether it works again.
///
/// Whoever is admitted records exactly once how the call ended, also when it was cancelled or never sent. What was admitted
/// before the breaker last opened, half-opened, closed or was reset changes nothing any more: a late failure neither moves the
/// moment it opened nor takes a slot of a probe.
package struct CircuitBreaker: Sendable {
    /// What a breaker does with calls.
    package enum State: String, Sendable, CaseIterable {
        /// Calls pass and are counted. Can go to `open`.
        case closed
        /// Calls are refused. Can go to `halfOpen`, or to `closed` by a reset.
        case open
        /// A few calls pass to find out more. Can go to `closed` or `open`.
        case halfOpen = "half_open"
    }

    /// How a call ended, as far as the extension is concerned.
    package enum Outcome: Sendable {
        case success
        case failure
        /// Cancelled, never sent, or somebody else's fault: it says nothing about the extension.
        case neutral
    }

    /// What an admitted call hands in when it ends.
    package struct Permit: Sendable, Hashable {
        let generation: UInt64
        /// The number of the probe; 0 for an ordinary call.
        let probe: UInt64
        /// The change that admitting this call made: the first probe takes the breaker from open to half-open.
        package let transition: Transition?

        /// Whether the call finds out if the extension works again.
        package var isProbe: Bool { probe != 0 }
    }

    /// Whether a call may go on.
    package enum Admission: Sendable, Hashable {
        case admitted(Permit)
        case refused(retryAfter: Duration)
    }

    /// A change of the state, to be logged and counted.
    package struct Transition: Sendable, Hashable {
        /// Why it changed.
        package enum Reason: String, Sendable {
            case consecutiveFailures = "consecutive_failures"
            case failureRate = "failure_rate"
            case slowRate = "slow_rate"
            case timePassed = "time_passed"
            case probeSucceeded = "probe_succeeded"
            case probeFailed = "probe_failed"
            case reset
        }

        /// The state before.
        package let from: State
        /// The state after.
        package let to: State
        /// Why it changed.
        package let reason: Reason
    }

    /// What happened in the window and since the breaker was made, for display.
    package struct Counters: Sendable, Hashable {
        /// The calls of the window that ended with a success or a failure.
        package let calls: Int
        /// Those of them that failed.
        package let failures: Int
        /// Those of them that were slow; 0 where slowness does not matter.
        package let slow: Int
        /// The failures since the last success, however long ago.
        package let consecutiveFailures: Int
        /// The probes that have not reported.
        package let probesUnderWay: Int
        /// How many calls it ever refused.
        package let refused: UInt64
        /// How often it ever opened.
        package let opened: UInt64
    }

    /// The rules in force; out-of-range values have been brought into range.
    package let configuration: Configuration
    /// What the breaker does with calls; an open one whose time is over turns half-open with the next call.
    package private(set) var state = State.closed
    /// When it opened last; nothing while it is closed.
    package var openedAt: ContinuousClock.Instant? { opening?.instant }
    private(set) var opening: Moment?
    private(set) var generation: UInt64 = 0
    private(set) var counts: SlidingCounts
    private(set) var streak = FailureStreak()
    private(set) var probes = ProbeSlots()
    private(set) var probeSuccesses = 0
    private var refused: UInt64 = 0
    private var opened: UInt64 = 0

    /// A closed breaker whose window begins now.
    package init(_ configuration: Configuration = Configuration(), now: ContinuousClock.Instant) {
        self.configuration = configuration.inRange
        counts = SlidingCounts(window: self.configuration.window, now: Moment(now))
    }

    /// Decides about a call before it is queued or sent.
    package mutating func admit(now: ContinuousClock.Instant) -> Admission {
        switch state {
        case .closed:
            return .admitted(Permit(generation: generation, probe: 0, transition: nil))
        case .open:
            let now = Moment(now)
            let left = (opening ?? now) + configuration.openFor - now
            guard left <= .zero else { return refuse(left) }
            return admitProbe(enter(.halfOpen, .timePassed, now: now), now: now)
        case .halfOpen:
            let now = Moment(now)
            probes.giveUp(startedBefore: now - configuration.probeTimeout)
            guard probes.count < configuration.probes else { return refuse(min(.seconds(1), configuration.openFor)) }
            return admitProbe(nil, now: now)
        }
    }

    private mutating func admitProbe(_ transition: Transition?, now: Moment) -> Admission {
        .admitted(Permit(generation: generation, probe: probes.take(now: now), transition: transition))
    }

    private mutating func refuse(_ retryAfter: Duration) -> Admission {
        refused &+= 1
        return .refused(retryAfter: retryAfter)
    }

    /// Notes how a call ended; the change it made, if it made one.
    package mutating func record(
        _ permit: Permit,
        _ outcome: Outcome,
        duration: Duration,
        now: ContinuousClock.Instant
    ) -> Transition? {
        guard permit.generation == generation else { return nil }
        let now = Moment(now)
        guard permit.probe == 0 else { return recordProbe(permit.probe, outcome, duration: duration, now: now) }
        // Calls of this generation without a probe's number were admitted while it was closed, and it still is.
        let isSlow = configuration.slowRatePercent != nil && duration > configuration.slowCall
        switch outcome {
        case .neutral:
            return nil
        case .success:
            streak.reset()
            counts.add(SIMD4(1, 0, isSlow ? 1 : 0, 0), now: now)
        case .failure:
            let isStreak = streak.add(now: now, limit: configuration.failures, window: configuration.window)
            counts.add(SIMD4(1, 1, isSlow ? 1 : 0, 0), now: now)
            if isStreak { return open(.consecutiveFailures, now: now) }
        }
        guard counts.total[1] | counts.total[2] != 0, let reason = exceededRate() else { return nil }
        return open(reason, now: now)
    }

    private func exceededRate() -> Transition.Reason? {
        let calls = Int(counts.total[0])
        guard calls >= configuration.minimumCalls else { return nil }
        if let limit = configuration.failureRatePercent, Int(counts.total[1]) * 100 >= limit * calls {
            return .failureRate
        }
        if let limit = configuration.slowRatePercent, Int(counts.total[2]) * 100 >= limit * calls { return .slowRate }
        return nil
    }

    private mutating func recordProbe(
        _ probe: UInt64,
        _ outcome: Outcome,
        duration: Duration,
        now: Moment
    ) -> Transition? {
        // One that was given up, or reported before, has no slot any more and changes nothing.
        guard probes.giveBack(probe) else { return nil }
        // What opened for slowness must not close by a slow answer.
        let isSlow = configuration.slowRatePercent != nil && duration > configuration.slowCall
        switch outcome {
        case .neutral:
            return nil
        case .success where !isSlow:
            probeSuccesses += 1
            guard probeSuccesses >= configuration.successesToClose else { return nil }
            return enter(.closed, .probeSucceeded, now: now)
        case .success, .failure:
            return open(.probeFailed, now: now)
        }
    }

    /// Closes it at an operator's wish and forgets what it counted.
    package mutating func reset(now: ContinuousClock.Instant) -> Transition? {
        let transition = enter(.closed, .reset, now: Moment(now))
        return transition.from == .closed ? nil : transition
    }

    /// What to show of it at a moment.
    package func counters(now: ContinuousClock.Instant) -> Counters {
        let total = counts.total(at: Moment(now))
        return Counters(
            calls: Int(total[0]),
            failures: Int(total[1]),
            slow: Int(total[2]),
            consecutiveFailures: streak.count,
            probesUnderWay: probes.count,
            refused: refused,
            opened: opened
        )
    }

    /// How long an open breaker still refuses calls; zero when it would let one pass.
    package func timeLeft(now: ContinuousClock.Instant) -> Duration {
        guard state == .open, let opening else { return .zero }
        return max(.zero, opening + configuration.openFor - Moment(now))
    }

    private mutating func open(_ reason: Transition.Reason, now: Moment) -> Transition {
        opened &+= 1
        opening = now
        return enter(.open, reason, now: now)
    }

    private mutating func enter(_ next: State, _ reason: Transition.Reason, now: Moment) -> Transition {
        let transition = Transition(from: state, to: next, reason: reason)
        state = next
        generation &+= 1
        streak.reset()
        probes.clear()
        probeSuccesses = 0
        if next == .closed {
            opening = nil
            counts.clear(now: now)
        }
        return transition
    }
}
