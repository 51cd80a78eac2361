/// Who may call an extension now, who waits, and who is told at once that it would wait in vain.
///
/// So many calls are under way at once, of all capabilities and of each one. Others wait: higher priorities first, and within
/// one in the order in which they came. Each step down in priority counts as ``Configuration/ageing`` of waiting, so a low call
/// is overtaken by later ones for a bounded time only. A call whose capability has no room lets others pass.
/// A capability has a small number of the caller's choosing; those outside of 0..<65,536 share the last one.
package struct AdmissionQueue: Sendable {
    /// How urgent a call is.
    package enum Priority: Int8, Sendable, CaseIterable {
        case high
        case normal
        case low
    }

    /// What becomes of a call that asks to begin.
    package enum Entry: Sendable, Hashable {
        /// It begins; ``AdmissionQueue/leave(_:serviceTime:now:)`` is due when it ends.
        case admitted
        /// It waits; one of a lower priority may have lost its place to it and is to be told.
        case queued(displaced: UInt64?)
        case refused(Reason)
    }

    /// Why a call neither begins nor waits.
    package enum Reason: Sendable, Hashable {
        /// Its deadline has passed.
        case expired
        /// It would begin after its deadline, by the present estimate.
        case late(estimatedWait: Duration)
        case full(retryAfter: Duration)
        /// A call with this ticket waits already.
        case duplicate
    }

    /// Whom a change concerns; these tickets do not wait any more.
    package struct Woken: Sendable, Hashable {
        /// They begin, in this order.
        package var admitted: [UInt64] = []
        /// Their deadline passed while they waited.
        package var expired: [UInt64] = []
    }

    static let capabilityCount = 65_536

    private var configuration: Configuration
    private var capabilities: [Capability] = []
    private var calls = WaitingCalls()
    /// Capabilities with a waiting call and room for one, by the rank of their next call.
    private var ready = IndexedHeap()
    private var deadlines = IndexedHeap()
    private var serviceTime = ServiceTime()
    private var sequence: UInt64 = 0
    /// The calls under way.
    package private(set) var inUse = 0

    /// A queue in which nothing is under way.
    package init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration.inRange
        for (capability, limit) in configuration.capabilityLimits { setOwnLimit(limit, of: number(capability)) }
    }

    /// The calls that wait.
    package var waiting: Int { calls.count }
    /// The calls under way at most.
    package var limit: Int { configuration.limit }
    /// How long calls took of late.
    package var averageServiceTime: Duration { serviceTime.average }
    /// When ``expire(now:)`` is due, if it is.
    package var nextDeadline: ContinuousClock.Instant? { deadlines.first?.key.moment.instant }

    /// The waiting calls of a priority.
    package func waiting(_ priority: Priority) -> Int { Int(calls.all[Int(priority.rawValue)].count) }

    /// The calls under way of a capability.
    package func inUse(of capability: Int) -> Int {
        let number = number(capability)
        return number < capabilities.count ? capabilities[number].inUse : 0
    }

    /// Asks for a call to begin.
    package mutating func enter(
        ticket: UInt64,
        capability: Int,
        priority: Priority = .normal,
        deadline: ContinuousClock.Instant?,
        now: ContinuousClock.Instant
    ) -> Entry {
        // Written with `<`, for `<=` of instants goes through two generic calls.
        if let deadline, !(now < deadline) { return .refused(.expired) }
        let number = number(capability)
        if number >= capabilities.count { grow(to: number) }
        // While there is room nobody waits who could begin, so nobody is overtaken here.
        if inUse < configuration.limit, capabilities[number].hasRoom {
            inUse += 1
            capabilities[number].inUse += 1
            return .admitted
        }
        return wait(ticket, number, priority, deadline.map(Moment.init), Moment(now))
    }

    private mutating func wait(
        _ ticket: UInt64,
        _ capability: Int,
        _ priority: Priority,
        _ deadline: Moment?,
        _ now: Moment
    ) -> Entry {
        guard calls.number(of: ticket) == nil else { return .refused(.duplicate) }
        if let deadline {
            let estimate = estimatedWait(capability, priority)
            guard now + estimate < deadline else { return .refused(.late(estimatedWait: estimate)) }
        }
        var displaced: UInt64?
        if calls.count >= configuration.queueLimit {
            guard let victim = youngest(below: priority) else { return .refused(.full(retryAfter: retryAfter)) }
            displaced = takeOut(victim).ticket
        }
        sequence += 1
        let rank = IndexedHeap.Key(moment: now + configuration.ageing * Int(priority.rawValue), sequence: sequence)
        let entry = WaitingCalls.Entry(
            ticket: ticket,
            capability: Int32(capability),
            priority: priority.rawValue,
            rank: rank,
            deadline: deadline
        )
        let number = calls.append(entry, to: &capabilities[capability].lists[Int(priority.rawValue)])
        if let deadline { deadlines.set(number, IndexedHeap.Key(moment: deadline, sequence: sequence)) }
        refreshReadiness(capability)
        return .queued(displaced: displaced)
    }

    /// A call of a capability ended; a service time that says nothing, such as a cancelled call's, is left out.
    package mutating func leave(_ capability: Int, serviceTime: Duration?, now: ContinuousClock.Instant) -> Woken {
        let number = number(capability)
        guard inUse > 0, number < capabilities.count, capabilities[number].inUse > 0 else { return Woken() }
        inUse -= 1
        capabilities[number].inUse -= 1
        if let serviceTime {
            self.serviceTime.add(serviceTime)
            if capabilities[number].limit != Int.max { capabilities[number].serviceTime.add(serviceTime) }
        }
        guard calls.count > 0 else { return Woken() }
        refreshReadiness(number)
        return wake(Moment(now))
    }

    /// Takes a call out that does not want to wait any more; false: it does not wait.
    package mutating func cancel(ticket: UInt64) -> Bool {
        guard let number = calls.number(of: ticket) else { return false }
        _ = takeOut(number)
        return true
    }

    /// Takes those out whose deadline has passed.
    package mutating func expire(now: ContinuousClock.Instant) -> [UInt64] {
        var expired: [UInt64] = []
        let now = Moment(now)
        while let (key, number) = deadlines.first, key.moment <= now { expired.append(takeOut(number).ticket) }
        return expired
    }

    /// Lets more or fewer calls be under way; those that are stay so.
    package mutating func setLimit(_ limit: Int, now: ContinuousClock.Instant) -> Woken {
        configuration.limit = limit
        configuration = configuration.inRange
        return wake(Moment(now))
    }

    /// Lets more or fewer calls of a capability be under way; nil: as many as of the extension.
    package mutating func setLimit(_ limit: Int?, of capability: Int, now: ContinuousClock.Instant) -> Woken {
        configuration.capabilityLimits[capability] = limit
        let number = number(capability)
        setOwnLimit(limit, of: number)
        refreshReadiness(number)
        return wake(Moment(now))
    }

    private mutating func wake(_ now: Moment) -> Woken {
        var woken = Woken()
        while inUse < configuration.limit, let (_, capability) = ready.first {
            guard let number = capabilities[Int(capability)].next(calls) else { break }
            let entry = takeOut(number)
            if let deadline = entry.deadline, deadline <= now {
                woken.expired.append(entry.ticket)
                continue
            }
            inUse += 1
            capabilities[Int(capability)].inUse += 1
            refreshReadiness(Int(capability))
            woken.admitted.append(entry.ticket)
        }
        return woken
    }

    private mutating func takeOut(_ number: Int32) -> WaitingCalls.Entry {
        let capability = Int(calls[number].capability)
        let priority = Int(calls[number].priority)
        let entry = calls.remove(number, from: &capabilities[capability].lists[priority])
        deadlines.remove(number)
        refreshReadiness(capability)
        return entry
    }

    /// The waiting call that gives its place up to one of a priority: the last that came of the lowest.
    private func youngest(below priority: Priority) -> Int32? {
        for lower in stride(from: 2, to: Int(priority.rawValue), by: -1) where calls.all[lower].count > 0 {
            return calls.all[lower].last
        }
        return nil
    }

    /// Brings ``ready`` up to date after a capability's room or its waiting calls changed.
    private mutating func refreshReadiness(_ capability: Int) {
        if capabilities[capability].hasRoom, let next = capabilities[capability].next(calls) {
            ready.set(Int32(capability), calls[next].rank)
        } else {
            ready.remove(Int32(capability))
        }
    }
}

extension AdmissionQueue {
    private func number(_ capability: Int) -> Int {
        (0..<Self.capabilityCount).contains(capability) ? capability : Self.capabilityCount - 1
    }

    private mutating func grow(to number: Int) {
        while capabilities.count <= number { capabilities.append(Capability()) }
    }

    private mutating func setOwnLimit(_ limit: Int?, of number: Int) {
        grow(to: number)
        capabilities[number].limit = limit.map { max($0, 1) } ?? Int.max
    }

    /// How long a call that enters now would wait; those of lower priorities that have waited long are left out of account.
    private func estimatedWait(_ capability: Int, _ priority: Priority) -> Duration {
        var ahead = 0
        for level in 0...Int(priority.rawValue) { ahead += Int(calls.all[level].count) }
        // With room left, only the capability's own limit holds the call up.
        let shared = inUse < limit ? .zero : serviceTime.wait(for: ahead + 1, slots: limit)
        return max(shared, capabilities[capability].estimatedWait(priority))
    }

    /// When the queue will have been worked off, by the present estimate: between 0.1 s and a minute.
    private var retryAfter: Duration {
        min(max(serviceTime.wait(for: calls.count + 1, slots: limit), .milliseconds(100)), .seconds(60))
    }
}
