@testable import HeddleResilience

/// An extension with two instances and up to three calls, behind a breaker, a detector of outliers and a balancer.
///
/// It does with the three what an invoker does, one step at a time, and checks after each step what must always hold.
struct ResilienceWorld {
    enum Action: Hashable {
        case admit
        /// A call is answered.
        case succeed(Int)
        case fail(Int)
        /// A call's time is over; its answer may still come.
        case timeout(Int)
        case cancel(Int)
        /// A call is forgotten without a word to the breaker, as no caller should.
        case lose(Int)
        /// The answer of a call that timed out or was cancelled.
        case late(Int)
        case crash(Int)
        case wait(Int)
        case reset
    }

    struct Call {
        let permit: CircuitBreaker.Permit
        let slot: Int
        let began: ContinuousClock.Instant
        /// The world's epoch in which it was admitted.
        let epoch: Int
        var isOver = false
    }

    static let mostCalls = 3
    private static let origin = ContinuousClock.now

    private(set) var breaker: CircuitBreaker
    private var detector: OutlierDetector
    private var balancer = Balancer(slowStart: .zero)
    private(set) var calls: [Call] = []
    private(set) var loads = [0, 0]
    private var ids: [UInt64] = [0, 1]
    private var now = origin
    /// Grows whenever the breaker changes its state or is reset; the breaker's own count of that is what is tested.
    private var epoch = 0
    /// What went wrong, if something did.
    private(set) var violation: String?

    init() {
        var rules = CircuitBreaker.Configuration()
        rules.failures = 2
        rules.window = .seconds(20)
        rules.minimumCalls = 3
        rules.openFor = .seconds(10)
        rules.probeTimeout = .seconds(15)
        breaker = CircuitBreaker(rules, now: now)
        var outliers = OutlierDetector.Configuration()
        outliers.failures = 2
        outliers.ejection = .seconds(10)
        outliers.longestEjection = .seconds(20)
        outliers.forgiveness = .seconds(30)
        outliers.maximumEjectedPercent = 100
        detector = OutlierDetector(outliers)
        for id in ids { detector.add(id) }
    }

    var actions: [Action] {
        var actions: [Action] = [.wait(5), .wait(25), .reset, .crash(0), .crash(1)]
        if calls.count < Self.mostCalls { actions.append(.admit) }
        for (index, call) in calls.enumerated() {
            actions += call.isOver ? [.late(index)] : [.succeed(index), .fail(index), .timeout(index), .cancel(index)]
            if !call.isOver, call.permit.isProbe { actions.append(.lose(index)) }
        }
        return actions
    }

    mutating func apply(_ action: Action) {
        let openedAt = breaker.openedAt
        var opened = false
        switch action {
        case .wait(let seconds): now += .seconds(seconds)
        case .reset:
            _ = breaker.reset(now: now)
            epoch += 1
        case .admit: admit()
        case .succeed(let index): opened = end(index, .success)
        case .fail(let index): opened = end(index, .failure)
        case .timeout(let index): opened = end(index, .failure, keeping: true)
        case .cancel(let index): opened = end(index, .neutral, keeping: true)
        case .lose(let index):
            let call = calls.remove(at: index)
            loads[call.slot] -= 1
        case .late(let index): late(index)
        case .crash(let slot): opened = crash(slot)
        }
        check(openedAt: openedAt, opened: opened)
    }

    private mutating func admit() {
        let state = breaker.state
        guard case .admitted(let permit) = breaker.admit(now: now) else { return }
        if breaker.state != state { epoch += 1 }
        let candidates = ids.indices.map { slot in
            Balancer.Candidate(
                id: ids[slot],
                load: loads[slot],
                isEjected: detector.isEjected(ids[slot], now: now),
                startedAt: Self.origin
            )
        }
        guard let slot = balancer.choose(among: candidates.span, now: now, random: { 0 }) else {
            violation = "no instance was chosen"
            return
        }
        if candidates[slot].isEjected { violation = "an ejected instance was chosen" }
        if loads[slot] > loads[1 - slot], !candidates[1 - slot].isEjected {
            violation = "the busier instance was chosen"
        }
        loads[slot] += 1
        calls.append(Call(permit: permit, slot: slot, began: now, epoch: epoch))
    }

    private mutating func end(_ index: Int, _ outcome: CircuitBreaker.Outcome, keeping: Bool = false) -> Bool {
        let call = calls[index]
        loads[call.slot] -= 1
        calls[index].isOver = true
        if !keeping { calls.remove(at: index) }
        guard outcome != .neutral else { return record(call, .neutral) }
        _ = detector.record(ids[call.slot], succeeded: outcome == .success, began: call.began, now: now)
        // As in the program: what one does that is left out now says nothing of the others.
        let isOut = outcome == .failure && detector.isEjected(ids[call.slot], now: now)
        return record(call, isOut ? .neutral : outcome)
    }

    /// Whether the result opened the breaker; one of an earlier epoch may change nothing at all.
    private mutating func record(_ call: Call, _ outcome: CircuitBreaker.Outcome) -> Bool {
        let state = breaker.state
        let before = breakerKey
        let transition = breaker.record(call.permit, outcome, duration: .zero, now: now)
        if call.epoch != epoch, transition != nil || breakerKey != before { violation = "an old result counted" }
        if breaker.state != state { epoch += 1 }
        return transition?.to == .open
    }

    /// A careless caller hands a late answer in: wherever it is of an earlier generation or a probe's second, nothing changes.
    private mutating func late(_ index: Int) {
        let call = calls.remove(at: index)
        guard call.epoch != epoch || call.permit.isProbe else { return }
        let before = key
        for outcome in [CircuitBreaker.Outcome.success, .failure, .neutral] {
            if record(call, outcome) { violation = "a late answer counted" }
        }
        if key != before { violation = "a late answer changed something" }
    }

    private mutating func crash(_ slot: Int) -> Bool {
        // One end is one failure, whatever was under way.
        var (opened, isCounted) = (false, false)
        for index in calls.indices.reversed() where calls[index].slot == slot && !calls[index].isOver {
            let call = calls.remove(at: index)
            loads[slot] -= 1
            if record(call, isCounted ? .neutral : .failure) { opened = true }
            isCounted = true
        }
        _ = detector.remove(ids[slot], now: now)
        ids[slot] = (ids.max() ?? 0) + 1
        detector.add(ids[slot])
        return opened
    }

    // MARK: What must hold

    private mutating func check(openedAt: ContinuousClock.Instant?, opened: Bool) {
        for slot in loads.indices where loads[slot] != calls.count(where: { $0.slot == slot && !$0.isOver }) {
            violation = "the load of an instance is not the number of its calls"
        }
        // One that has been under way for longer has been given up.
        let oldest = now - breaker.configuration.probeTimeout
        let probing = calls.count {
            $0.permit.isProbe && !$0.isOver && $0.epoch == epoch && $0.began > oldest
        }
        if breaker.probes.count > breaker.configuration.probes || probing > breaker.configuration.probes {
            violation = "too many probes"
        }
        if breaker.state != .halfOpen, breaker.probes.count > 0 { violation = "a probe while it is not half-open" }
        if breaker.openedAt != openedAt, !opened, breaker.state != .closed { violation = "openedAt was restamped" }
        if (breaker.openedAt == nil) != (breaker.state == .closed) { violation = "openedAt without being open" }
        if detector.ejected >= detector.count { violation = "all instances are ejected" }
        if detector.ejected != detector.instances.count(where: \.isEjected) {
            violation = "the ejected are counted wrong"
        }
        let ring = breaker.counts.ring
        if ring.indices.reduce(SIMD4.zero, { $0 &+ ring[$1] }) != breaker.counts.total { violation = "a count is off" }
        if breaker.counts.total[1] > breaker.counts.total[0] { violation = "more failures than calls" }
        if !recovers { violation = "the breaker is stuck" }
    }

    /// Whether time and a success close the breaker, whatever else is under way.
    private var recovers: Bool {
        var later = breaker
        let then = now + .seconds(20)
        guard case .admitted(let permit) = later.admit(now: then) else { return false }
        _ = later.record(permit, .success, duration: .zero, now: then)
        return later.state == .closed
    }

    // MARK: States that behave alike

    /// Equal for worlds that no further steps can tell apart: times are ages, and ages beyond all limits are one.
    var key: [Int] {
        var key = breakerKey
        let detected = ids.map { id in detector.instances.first { $0.id == id } }
        for instance in detected.compactMap(\.self) {
            key += [
                instance.failures, min(instance.timesEjected, 3), instance.isEjected ? 1 : 0, age(instance.returnsAt),
            ]
        }
        key += [balancer.cursor] + loads
        let calls = calls.map { call in
            let isCurrent = call.epoch == epoch
            let began = Moment(call.began)
            let counts = detected[call.slot]?.returnsAt.map { began >= $0 } ?? true
            let holdsSlot = isCurrent && breaker.probes.underWay.contains { $0.number == call.permit.probe }
            return [isCurrent, call.isOver, counts, holdsSlot, call.permit.isProbe, call.slot == 1]
                .reduce(0) { $0 * 2 + ($1 ? 1 : 0) }
        }
        return key + calls.sorted()
    }

    private func age(_ moment: Moment?) -> Int {
        guard let moment else { return 99 }
        return min(Int((Moment(now) - moment) / .seconds(1)), 90)
    }

    private var breakerKey: [Int] {
        var key = [CircuitBreaker.State.allCases.firstIndex(of: breaker.state) ?? 9, age(breaker.opening)]
        key.append(max(-2, Int((breaker.counts.bucketEnd - Moment(now)) / .seconds(1))))
        var counts = breaker.counts
        counts.advance(to: Moment(now))
        for offset in 0..<SlidingCounts.buckets {
            let bucket = counts.ring[(counts.current + offset) % SlidingCounts.buckets]
            key.append(Int(bucket[0]) * 16 + Int(bucket[1]))
        }
        let streak = breaker.streak.moments
        key += (streak[breaker.streak.next...] + streak[..<breaker.streak.next]).map { min(age($0), 21) }
        return key + [-1] + breaker.probes.underWay.map { age($0.start) } + [-1]
    }
}
