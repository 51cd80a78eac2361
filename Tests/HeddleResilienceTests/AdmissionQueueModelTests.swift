import HeddleTestSupport
import Testing

@testable import HeddleResilience

/// The rules of the queue by looking at everybody each time.
private struct PlainQueue {
    struct Waiter {
        let ticket: UInt64
        let capability: Int
        let priority: AdmissionQueue.Priority
        let deadline: ContinuousClock.Instant?
        let rank: ContinuousClock.Instant
    }

    var limit: Int
    let queueLimit: Int
    var limits: [Int: Int]
    let ageing: Duration
    /// In the order in which they came.
    var waiting: [Waiter] = []
    var underWay: [Int: Int] = [:]
    var average: Int128 = 0
    var averages: [Int: Int128] = [:]

    var total: Int { underWay.values.reduce(0, +) }

    func hasRoom(_ capability: Int) -> Bool { underWay[capability, default: 0] < limits[capability, default: .max] }

    mutating func enter(
        _ ticket: UInt64,
        _ capability: Int,
        _ priority: AdmissionQueue.Priority,
        _ deadline: ContinuousClock.Instant?,
        _ now: ContinuousClock.Instant
    ) -> AdmissionQueue.Entry {
        if let deadline, deadline <= now { return .refused(.expired) }
        if total < limit, hasRoom(capability) {
            underWay[capability, default: 0] += 1
            return .admitted
        }
        if waiting.contains(where: { $0.ticket == ticket }) { return .refused(.duplicate) }
        if let deadline {
            let before = waiting.filter { $0.priority.rawValue <= priority.rawValue }
            var wait = Int128(0)
            if total >= limit { wait = average * Int128(before.count + 1) / Int128(limit) }
            if !hasRoom(capability), let own = limits[capability] {
                let same = before.count { $0.capability == capability }
                wait = max(wait, averages[capability, default: 0] * Int128(same + 1) / Int128(own))
            }
            let estimate = Duration(attoseconds: wait)
            if now + estimate >= deadline { return .refused(.late(estimatedWait: estimate)) }
        }
        var displaced: UInt64?
        if waiting.count >= queueLimit {
            let lowest = waiting.map(\.priority.rawValue).max() ?? 0
            guard lowest > priority.rawValue, let victim = waiting.lastIndex(where: { $0.priority.rawValue == lowest })
            else {
                let wait = Duration(attoseconds: average * Int128(waiting.count + 1) / Int128(limit))
                return .refused(.full(retryAfter: min(max(wait, .milliseconds(100)), .seconds(60))))
            }
            displaced = waiting.remove(at: victim).ticket
        }
        let rank = now + ageing * Int(priority.rawValue)
        waiting.append(
            Waiter(ticket: ticket, capability: capability, priority: priority, deadline: deadline, rank: rank)
        )
        return .queued(displaced: displaced)
    }

    mutating func leave(_ capability: Int, _ time: Duration?, _ now: ContinuousClock.Instant) -> AdmissionQueue.Woken {
        guard underWay[capability, default: 0] > 0 else { return .init() }
        underWay[capability, default: 0] -= 1
        if let time = time?.attoseconds {
            average = average == 0 ? time : average + ((time - average) >> 3)
            if limits[capability] != nil {
                let own = averages[capability, default: 0]
                averages[capability] = own == 0 ? time : own + ((time - own) >> 3)
            }
        }
        return wake(now)
    }

    mutating func wake(_ now: ContinuousClock.Instant) -> AdmissionQueue.Woken {
        var woken = AdmissionQueue.Woken()
        while total < limit {
            var best: Int?
            for index in waiting.indices where hasRoom(waiting[index].capability) {
                if let known = best, waiting[known].rank <= waiting[index].rank { continue }
                best = index
            }
            guard let best else { break }
            let waiter = waiting.remove(at: best)
            if let deadline = waiter.deadline, deadline <= now {
                woken.expired.append(waiter.ticket)
            } else {
                underWay[waiter.capability, default: 0] += 1
                woken.admitted.append(waiter.ticket)
            }
        }
        return woken
    }

    mutating func expire(_ now: ContinuousClock.Instant) -> [UInt64] {
        let over = waiting.enumerated().filter { _, waiter in waiter.deadline.map { $0 <= now } ?? false }
        let expired = over.sorted { ($0.1.deadline ?? now, $0.0) < ($1.1.deadline ?? now, $1.0) }.map(\.element.ticket)
        waiting.removeAll { expired.contains($0.ticket) }
        return expired
    }
}

@Suite("The admission queue beside a plain one")
struct AdmissionQueueModelTests {
    @Test("gives the same answers over 100,000 steps", arguments: 1...4)
    func longRun(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var configuration = AdmissionQueue.Configuration()
        configuration.limit = Int.random(in: 1...6, using: &random)
        configuration.queueLimit = Int.random(in: 0...25, using: &random)
        configuration.capabilityLimits = [1: 1, 2: 2, 3: 3]
        configuration.ageing = .milliseconds(Int.random(in: 0...500, using: &random))
        var queue = AdmissionQueue(configuration)
        var plain = PlainQueue(
            limit: configuration.limit,
            queueLimit: configuration.queueLimit,
            limits: configuration.capabilityLimits,
            ageing: configuration.ageing
        )
        var now = ContinuousClock.now
        var ticket: UInt64 = 0
        var differences = 0
        for step in 0..<25_000 {
            now += .milliseconds(Int.random(in: 0...30, using: &random))
            let capability = Int.random(in: 0...4, using: &random)
            switch Int.random(in: 0..<100, using: &random) {
            case ..<45:
                ticket += 1
                let number = Int.random(in: 0..<50, using: &random) == 0 ? ticket / 2 : ticket
                let priority = AdmissionQueue.Priority.allCases.randomElement(using: &random) ?? .low
                let deadline: ContinuousClock.Instant? =
                    Bool.random(using: &random) ? now + .milliseconds(Int.random(in: -5...900, using: &random)) : nil
                let entry = queue.enter(number, capability: capability, priority, deadline: deadline, at: now)
                if entry != plain.enter(number, capability, priority, deadline, now) { differences += 1 }
            case ..<85:
                let time: Duration? =
                    Bool.random(using: &random) ? .milliseconds(Int.random(in: 1...200, using: &random)) : nil
                if queue.leave(capability, serviceTime: time, now: now) != plain.leave(capability, time, now) {
                    differences += 1
                }
            case ..<92:
                let number = plain.waiting.randomElement(using: &random)?.ticket ?? 0
                let index = plain.waiting.firstIndex { $0.ticket == number }
                if queue.cancel(ticket: number) != (index != nil) { differences += 1 }
                if let index { plain.waiting.remove(at: index) }
            case ..<97:
                if queue.expire(now: now) != plain.expire(now) { differences += 1 }
            case ..<99:
                plain.limit = Int.random(in: 1...6, using: &random)
                if queue.setLimit(plain.limit, now: now) != plain.wake(now) { differences += 1 }
            default:
                let limit: Int? = Bool.random(using: &random) ? Int.random(in: 1...3, using: &random) : nil
                plain.limits[capability] = limit
                if queue.setLimit(limit, of: capability, now: now) != plain.wake(now) { differences += 1 }
            }
            if queue.inUse != plain.total || queue.waiting != plain.waiting.count { differences += 1 }
            if queue.nextDeadline != plain.waiting.compactMap(\.deadline).min() { differences += 1 }
            #expect(differences == 0, "seed \(seed), step \(step)")
            guard differences == 0 else { return }
        }
        // Everybody leaves, and all counts are zero.
        while queue.inUse > 0 {
            for capability in 0...4 { _ = queue.leave(capability, serviceTime: nil, now: now) }
        }
        #expect((queue.inUse, queue.waiting) == (0, 0))
        #expect((0...4).allSatisfy { queue.inUse(of: $0) == 0 })
    }
}
