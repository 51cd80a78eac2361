import Testing

@testable import HeddleResilience

@Suite("The admission queue")
struct AdmissionQueueTests {
    private let start = ContinuousClock.now

    private func queue(
        limit: Int,
        queueLimit: Int = 1000,
        _ limits: [Int: Int] = [:],
        ageing: Duration = .seconds(5)
    ) -> AdmissionQueue {
        var configuration = AdmissionQueue.Configuration()
        configuration.limit = limit
        configuration.queueLimit = queueLimit
        configuration.capabilityLimits = limits
        configuration.ageing = ageing
        return AdmissionQueue(configuration)
    }

    private func seconds(_ count: Double) -> ContinuousClock.Instant { start + .milliseconds(Int(count * 1000)) }

    @Test("admits up to the limit, and then who waits in order")
    func order() {
        var queue = queue(limit: 2)
        #expect(queue.enter(1, at: start) == .admitted)
        #expect(queue.enter(2, at: start) == .admitted)
        for ticket: UInt64 in 3...5 { #expect(queue.enter(ticket, at: start) == .queued(displaced: nil)) }
        #expect((queue.inUse, queue.waiting) == (2, 3))
        #expect(queue.leave(0, serviceTime: nil, now: start).admitted == [3])
        #expect(queue.leave(0, serviceTime: nil, now: start).admitted == [4])
        #expect(queue.leave(0, serviceTime: nil, now: start).admitted == [5])
        for _ in 0..<2 { #expect(queue.leave(0, serviceTime: nil, now: start) == .init()) }
        // One too many: the counts stay at zero.
        #expect(queue.leave(0, serviceTime: nil, now: start) == .init())
        #expect((queue.inUse, queue.waiting) == (0, 0))
    }

    @Test("lets higher priorities go first, but a low one is not overtaken for ever")
    func priorities() {
        var queue = queue(limit: 1)
        #expect(queue.enter(0, at: start) == .admitted)
        queue.enter(1, .low, at: start)
        queue.enter(2, .normal, at: start)
        queue.enter(3, .high, at: start)
        queue.enter(4, .high, at: start)
        #expect(queue.waiting(.high) == 2)
        #expect((0..<4).flatMap { _ in queue.leave(0, serviceTime: nil, now: start).admitted } == [3, 4, 2, 1])

        queue.enter(10, .low, at: start)
        queue.enter(11, .normal, at: seconds(4.9))
        queue.enter(12, .normal, at: seconds(5.1))
        queue.enter(13, .high, at: seconds(9.9))
        queue.enter(14, .high, at: seconds(10.1))
        #expect((0..<5).flatMap { _ in queue.leave(0, serviceTime: nil, now: start).admitted } == [11, 13, 10, 12, 14])
    }

    @Test("lets others pass when a capability is at its own limit")
    func capabilityLimit() {
        var queue = queue(limit: 3, [7: 1])
        #expect(queue.enter(1, capability: 7, at: start) == .admitted)
        #expect(queue.enter(2, capability: 7, at: start) == .queued(displaced: nil))
        #expect(queue.enter(3, capability: 8, at: start) == .admitted)
        #expect(queue.enter(4, capability: 8, at: start) == .admitted)
        #expect(queue.enter(5, capability: 8, at: start) == .queued(displaced: nil))
        // 2 came first, but may not begin.
        #expect(queue.leave(8, serviceTime: nil, now: start).admitted == [5])
        #expect(queue.leave(8, serviceTime: nil, now: start).admitted == [])
        #expect(queue.enter(6, capability: 9, at: start) == .admitted)
        #expect(queue.leave(7, serviceTime: nil, now: start).admitted == [2])
        #expect(queue.inUse(of: 7) == 1)
        #expect(queue.leave(7, serviceTime: nil, now: start).admitted == [])
    }

    @Test("never admits a call whose deadline has passed")
    func deadlines() {
        var queue = queue(limit: 1)
        #expect(queue.enter(0, deadline: start, at: start) == .refused(.expired))
        #expect(queue.enter(1, deadline: seconds(1), at: start) == .admitted)
        queue.enter(2, deadline: seconds(3), at: start)
        queue.enter(3, deadline: seconds(2), at: start)
        queue.enter(4, deadline: nil, at: start)
        #expect(queue.nextDeadline == seconds(2))
        #expect(queue.expire(now: seconds(1.9)) == [])
        #expect(queue.expire(now: seconds(2)) == [3])
        #expect(queue.leave(0, serviceTime: nil, now: seconds(3)) == .init(admitted: [4], expired: [2]))
        #expect(queue.nextDeadline == nil)
    }

    @Test("refuses at once what would begin after its deadline by the present estimate")
    func late() {
        var queue = queue(limit: 2, [5: 1])
        for ticket: UInt64 in 0..<2 { queue.enter(ticket, at: start) }
        // Nothing is known yet: it waits.
        #expect(queue.enter(2, deadline: seconds(0.001), at: start) == .queued(displaced: nil))
        #expect(queue.expire(now: seconds(1)) == [2])
        _ = queue.leave(0, serviceTime: .seconds(4), now: seconds(1))
        queue.enter(3, at: seconds(1))
        #expect(queue.averageServiceTime == .seconds(4))
        // The first in the queue waits for half of four seconds, the second for all of them.
        #expect(queue.enter(4, deadline: seconds(3), at: seconds(1)) == .refused(.late(estimatedWait: .seconds(2))))
        #expect(queue.enter(4, deadline: seconds(3.1), at: seconds(1)) == .queued(displaced: nil))
        #expect(queue.enter(5, deadline: seconds(5), at: seconds(1)) == .refused(.late(estimatedWait: .seconds(4))))
        // One of a higher priority has nobody before it.
        #expect(queue.enter(6, .high, deadline: seconds(3.1), at: seconds(1)) == .queued(displaced: nil))
    }

    @Test("takes a capability's own limit into the estimate, even with room for others")
    func lateCapability() {
        var queue = queue(limit: 100, [5: 1])
        #expect(queue.enter(1, capability: 5, at: start) == .admitted)
        _ = queue.leave(5, serviceTime: .seconds(3), now: start)
        #expect(queue.enter(2, capability: 5, at: start) == .admitted)
        #expect(
            queue.enter(3, capability: 5, deadline: seconds(2), at: start)
                == .refused(.late(estimatedWait: .seconds(3)))
        )
        #expect(queue.enter(4, capability: 6, deadline: seconds(2), at: start) == .admitted)
    }

    @Test("is full at its bound, but a higher priority takes the place of the youngest lowest")
    func displacement() {
        var queue = queue(limit: 1, queueLimit: 4)
        queue.enter(0, at: start)
        queue.enter(1, .low, at: start)
        queue.enter(2, .normal, at: start)
        queue.enter(3, .low, at: start)
        queue.enter(4, .high, at: start)
        #expect(queue.enter(5, .low, at: start) == .refused(.full(retryAfter: .milliseconds(100))))
        #expect(queue.enter(6, .normal, at: start) == .queued(displaced: 3))
        #expect(queue.enter(7, .high, at: start) == .queued(displaced: 1))
        #expect(queue.enter(8, .high, at: start) == .queued(displaced: 6))
        #expect(queue.enter(9, .high, at: start) == .queued(displaced: 2))
        #expect(queue.enter(10, .high, at: start) == .refused(.full(retryAfter: .milliseconds(100))))
        #expect((0..<4).flatMap { _ in queue.leave(0, serviceTime: nil, now: start).admitted } == [4, 7, 8, 9])
    }

    @Test("says when to come back by how long the queue takes")
    func retryAfter() {
        var queue = queue(limit: 2, queueLimit: 3)
        queue.enter(0, at: start)
        _ = queue.leave(0, serviceTime: .seconds(1), now: start)
        for ticket: UInt64 in 1...5 { queue.enter(ticket, at: start) }
        #expect(queue.enter(6, at: start) == .refused(.full(retryAfter: .seconds(2))))
    }

    @Test("forgets who does not want to wait any more")
    func cancel() {
        var queue = queue(limit: 1)
        queue.enter(0, at: start)
        for ticket: UInt64 in 1...3 { queue.enter(ticket, deadline: seconds(9), at: start) }
        #expect(queue.enter(2, at: start) == .refused(.duplicate))
        #expect(queue.cancel(ticket: 2) == true)
        #expect(queue.cancel(ticket: 2) == false)
        #expect(queue.cancel(ticket: 0) == false)
        #expect(queue.leave(0, serviceTime: nil, now: start).admitted == [1])
        #expect(queue.cancel(ticket: 3) == true)
        #expect(queue.nextDeadline == nil)
        #expect(queue.leave(0, serviceTime: nil, now: start) == .init())
    }

    @Test("wakes those who may begin when a limit is raised, and lets nobody in above a lowered one")
    func limits() {
        var queue = queue(limit: 1, [3: 1])
        queue.enter(0, capability: 3, at: start)
        queue.enter(1, capability: 3, at: start)
        queue.enter(2, capability: 4, at: start)
        queue.enter(3, capability: 3, at: start)
        #expect(queue.setLimit(3, now: start).admitted == [2])
        #expect(queue.setLimit(nil, of: 3, now: start).admitted == [1])
        #expect(queue.setLimit(1, now: start) == .init())
        for _ in 0..<2 { #expect(queue.leave(3, serviceTime: nil, now: start) == .init()) }
        #expect(queue.leave(4, serviceTime: nil, now: start).admitted == [3])
        #expect(queue.limit == 1)
        #expect(queue.setLimit(-5, now: start) == .init())
        #expect(queue.limit == 1)
    }

    @Test("takes any number of a capability")
    func numbers() {
        var queue = queue(limit: 5, [-1: 1])
        #expect(queue.enter(0, capability: -1, at: start) == .admitted)
        #expect(queue.enter(1, capability: .max, at: start) == .queued(displaced: nil))
        #expect(queue.leave(-1, serviceTime: .seconds(-1), now: start).admitted == [1])
        #expect(queue.leave(12_345, serviceTime: nil, now: start) == .init())
        #expect(queue.leave(.max, serviceTime: nil, now: start) == .init())
        #expect(queue.inUse == 0)
    }
}

extension AdmissionQueue {
    @discardableResult
    mutating func enter(
        _ ticket: UInt64,
        capability: Int = 0,
        _ priority: Priority = .normal,
        deadline: ContinuousClock.Instant? = nil,
        at now: ContinuousClock.Instant
    ) -> Entry {
        enter(ticket: ticket, capability: capability, priority: priority, deadline: deadline, now: now)
    }
}
