/// What one capability's calls came to: since it was first called, in the last day and in the last hour.
///
/// A capability that is never called takes 8 bytes; a copy takes 8 more and shares the rest until one of the two changes, so a
/// reader copies it under the lock and looks at it outside. Times are those of a clock that never goes back.
package struct CallStatistics: Sendable {
    /// A time of which there are statistics besides the whole.
    package enum Window: Sendable, CaseIterable {
        /// Twelve stretches of five minutes, the last of which has just begun or is nearly over.
        case hour
        /// Twenty-four of an hour.
        case day
    }

    /// What happened in a time.
    package struct Summary: Sendable {
        /// The calls, failures and lookups.
        package fileprivate(set) var totals = CallTotals()
        /// How long the calls took.
        package fileprivate(set) var latency = CoarseHistogram()
        /// The calls that waited for their turn, or did not have to.
        package fileprivate(set) var waits: UInt64 = 0
        /// How long they waited together, in nanoseconds.
        package fileprivate(set) var waited: UInt64 = 0
        /// The longest wait in nanoseconds.
        package fileprivate(set) var longestWait: UInt64 = 0
    }

    private struct Body: Sendable {
        var inFlight = 0
        var waiting = 0
        var totals = CallTotals()
        var latency = LatencyHistogram()
        var wait = LatencyHistogram()
        var slots: CallSlots

        init(now: Moment) { slots = CallSlots(now: now) }
    }

    /// None or one, in an array so that it takes the room of a pointer and is changed in place.
    private var body: [Body] = []

    /// Statistics of a capability that was never called.
    package init() {}

    // MARK: What happens

    /// A call begins to wait for its turn.
    package mutating func queued(now: ContinuousClock.Instant) {
        change(now) { body, _ in body.waiting += 1 }
    }

    /// A call does not wait any more, whether it begins or not.
    package mutating func dequeued(now: ContinuousClock.Instant) {
        change(now) { body, _ in body.waiting = max(0, body.waiting - 1) }
    }

    /// A call begins, after it waited so many nanoseconds.
    package mutating func began(waited: UInt64, now: ContinuousClock.Instant) {
        let index = LogLinear.index(of: waited)
        change(now) { body, now in
            body.inFlight += 1
            body.wait.add(waited, index)
            body.slots.update(now) { $0.wait(waited) }
        }
    }

    /// A call that began has ended, after so many nanoseconds.
    package mutating func ended(_ failure: CallFailure?, nanoseconds: UInt64, now: ContinuousClock.Instant) {
        let index = LogLinear.index(of: nanoseconds)
        change(now) { body, now in
            body.inFlight = max(0, body.inFlight - 1)
            body.totals.add(failure)
            body.latency.add(nanoseconds, index)
            body.slots.update(now) { slot in
                slot.totals.add(failure)
                slot.latency.add(nanoseconds, index)
            }
        }
    }

    /// A call failed before it began; it took no time that says anything of the capability.
    package mutating func failed(_ failure: CallFailure, now: ContinuousClock.Instant) {
        change(now) { body, now in
            body.totals.add(failure)
            body.slots.update(now) { $0.totals.add(failure) }
        }
    }

    /// The cache was asked for a result; a hit is no call.
    package mutating func looked(_ lookup: CacheLookup, now: ContinuousClock.Instant) {
        change(now) { body, now in
            body.totals.add(lookup)
            body.slots.update(now) { $0.totals.add(lookup) }
        }
    }

    @inline(__always)
    private mutating func change(_ now: ContinuousClock.Instant, _ change: (inout Body, Moment) -> Void) {
        let now = Moment(now)
        if body.isEmpty { body.append(Body(now: now)) }
        change(&body[0], now)
    }

    // MARK: What came of it

    /// Whether anything ever happened.
    package var isEmpty: Bool { body.isEmpty }
    /// The calls under way.
    package var inFlight: Int { body.first?.inFlight ?? 0 }
    /// The calls that wait for their turn.
    package var waiting: Int { body.first?.waiting ?? 0 }
    /// Everything since the first call.
    package var totals: CallTotals { body.first?.totals ?? CallTotals() }
    /// How long all calls took.
    package var latency: LatencyHistogram { body.first?.latency ?? LatencyHistogram() }
    /// How long all calls waited for their turn.
    package var wait: LatencyHistogram { body.first?.wait ?? LatencyHistogram() }

    /// What happened in the last hour or day: in the stretch that has begun and the eleven or twenty-three before it.
    package func summary(of window: Window, now: ContinuousClock.Instant) -> Summary {
        var summary = Summary()
        for (_, slot) in slots(of: window, now) { summary.add(slot) }
        return summary
    }

    /// The same by stretch, for a chart; those in which nothing happened are left out.
    package func history(
        of window: Window,
        now: ContinuousClock.Instant
    ) -> [(start: ContinuousClock.Instant, summary: Summary)] {
        slots(of: window, now)
            .map { start, slot in
                var summary = Summary()
                summary.add(slot)
                return (start.instant, summary)
            }
    }

    private func slots(of window: Window, _ now: ContinuousClock.Instant) -> [(start: Moment, slot: CallSlots.Slot)] {
        guard let body = body.first else { return [] }
        return switch window {
        case .hour: body.slots.stretches(Moment(now))
        case .day: body.slots.hours(Moment(now))
        }
    }

    /// About how many bytes it takes besides itself.
    package var bytes: Int {
        guard let body = body.first else { return 0 }
        return MemoryLayout<Body>.stride + body.latency.bytes + body.wait.bytes + body.slots.bytes
    }
}

extension CallStatistics.Summary {
    fileprivate mutating func add(_ slot: CallSlots.Slot) {
        totals.merge(slot.totals)
        latency.merge(slot.latency)
        waits &+= slot.waits
        waited &+= slot.waited
        longestWait = max(longestWait, slot.longestWait)
    }
}
