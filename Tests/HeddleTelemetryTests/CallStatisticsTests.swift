import HeddleTestSupport
import Synchronization
import Testing

@testable import HeddleTelemetry

/// What many writers share, as in a server.
private final class SharedStatistics: Sendable {
    let statistics = Mutex(CallStatistics())
}

@Suite("Statistics of calls")
struct CallStatisticsTests {
    private let start = ContinuousClock.now

    private func minutes(_ count: Int) -> ContinuousClock.Instant { start + .seconds(60 * count) }

    @Test("take nothing for a capability that is never called")
    func nothing() {
        #expect(MemoryLayout<CallStatistics>.size <= 8)
        let idle = CallStatistics()
        #expect(idle.isEmpty && idle.bytes == 0)
        #expect(idle.totals.calls == 0)
        #expect(idle.summary(of: .day, now: start).totals.calls == 0)
        #expect(idle.history(of: .hour, now: start).isEmpty)
    }

    @Test("count calls by outcome, lookups, time and waiting")
    func counts() {
        var statistics = CallStatistics()
        statistics.queued(now: start)
        #expect(statistics.waiting == 1)
        statistics.dequeued(now: start)
        statistics.began(waited: 2_000_000, now: start)
        #expect((statistics.inFlight, statistics.waiting) == (1, 0))
        statistics.ended(nil, nanoseconds: 5_000_000, now: start)
        for (number, failure) in CallFailure.allCases.enumerated() {
            for _ in 0...number {
                statistics.began(waited: 0, now: start)
                statistics.ended(failure, nanoseconds: 1_000_000, now: start)
            }
        }
        statistics.failed(.refused, now: start)
        statistics.looked(.hit, now: start)
        statistics.looked(.stale, now: start)
        statistics.looked(.stale, now: start)
        for totals in [statistics.totals]
            + CallStatistics.Window.allCases.map({ statistics.summary(of: $0, now: start).totals })
        {
            #expect(totals.calls == 1 + 21 + 1)
            #expect(totals.failed == 22)
            #expect(CallFailure.allCases.map(totals.failures) == [1, 3, 3, 4, 5, 6])
            #expect(CacheLookup.allCases.map(totals.cache) == [1, 0, 2])
        }
        #expect(statistics.latency.count == 22)
        #expect(statistics.latency.max == 5_000_000)
        let hour = statistics.summary(of: .hour, now: start)
        #expect((hour.waits, hour.waited, hour.longestWait) == (22, 2_000_000, 2_000_000))
        #expect(hour.latency.count == 22)
        // Never below zero.
        statistics.ended(nil, nanoseconds: 1, now: start)
        statistics.dequeued(now: start)
        #expect((statistics.inFlight, statistics.waiting) == (0, 0))
    }

    @Test("forget what is older than an hour or a day, but not the whole")
    func windows() {
        var statistics = CallStatistics()
        for minute in 0..<3000 { statistics.ended(nil, nanoseconds: 1_000_000, now: minutes(minute)) }
        let now = minutes(2999)
        #expect(statistics.totals.calls == 3000)
        // The stretch that has begun, and eleven or twenty-three whole ones.
        #expect(statistics.summary(of: .hour, now: now).totals.calls == 60)
        #expect(statistics.summary(of: .day, now: now).totals.calls == 24 * 60)
        #expect(statistics.summary(of: .hour, now: minutes(3000)).totals.calls == 55)
        #expect(statistics.summary(of: .hour, now: minutes(3100)).totals.calls == 0)
        #expect(statistics.summary(of: .day, now: minutes(3100)).totals.calls == 22 * 60)
        #expect(statistics.summary(of: .day, now: minutes(10_000)).totals.calls == 0)
        let history = statistics.history(of: .hour, now: now)
        #expect(history.map(\.summary.totals.calls) == Array(repeating: 5, count: 12))
        #expect(history.map(\.start) == (0..<12).map { minutes(2940 + 5 * $0) })
        #expect(
            statistics.history(of: .day, now: now).map(\.start)
                == (0..<24).map { minutes(2999 / 60 * 60 - 60 * 23 + 60 * $0) }
        )
    }

    @Test("agree with a list of everything, at any moment, over a long run")
    func model() {
        var random = SplitMix64(seed: 6)
        var statistics = CallStatistics()
        var events: [(stretch: Int, nanoseconds: UInt64, failure: CallFailure?)] = []
        var now = start
        var origin = start
        for step in 0..<20_000 {
            now += .milliseconds(Int.random(in: 0...20_000, using: &random))
            if Int.random(in: 0..<500, using: &random) == 0 {
                now += .seconds(Int.random(in: 0...90_000, using: &random))
            }
            let nanoseconds = UInt64.random(in: 1_000...10_000_000, using: &random)
            let failure = Bool.random(using: &random) ? nil : CallFailure.allCases.randomElement(using: &random)
            statistics.ended(failure, nanoseconds: nanoseconds, now: now)
            // The stretches begin with the first call.
            if events.isEmpty { origin = now }
            events.append((Int((now - origin) / .seconds(300)), nanoseconds, failure))
            guard step.isMultiple(of: 40) else { continue }
            let stretch = events.last?.stretch ?? 0
            let hour = events.filter { $0.stretch > stretch - 12 }
            let day = events.filter { $0.stretch / 12 > stretch / 12 - 24 }
            for (window, expected) in [(CallStatistics.Window.hour, hour), (.day, day)] {
                let summary = statistics.summary(of: window, now: now)
                #expect(summary.totals.calls == UInt64(expected.count))
                #expect(summary.totals.failures(.crash) == UInt64(expected.count { $0.failure == .crash }))
                #expect(summary.latency.count == UInt64(expected.count))
                #expect(summary.latency.sum == expected.reduce(0) { $0 + $1.nanoseconds })
            }
        }
        #expect(statistics.totals.calls == 20_000)
        #expect(statistics.bytes < 25_000)
    }

    @Test("take a bounded room, however busy and however varied the calls are")
    func memory() {
        var random = SplitMix64(seed: 7)
        var statistics = CallStatistics()
        for step in 0..<50_000 {
            let now = start + .seconds(4 * step)
            statistics.began(waited: random.next() >> UInt64.random(in: 0...63, using: &random), now: now)
            statistics.ended(nil, nanoseconds: random.next() >> UInt64.random(in: 0...63, using: &random), now: now)
        }
        #expect(statistics.bytes < 80_000)
    }

    @Test("are a value: a copy stays as it was while the original goes on, also under many writers")
    func copies() async {
        let shared = SharedStatistics()
        let start = start
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for step in 0..<2_000 {
                        shared.statistics.withLock {
                            $0.began(waited: 1_000, now: start)
                            $0.ended(nil, nanoseconds: UInt64(1_000 * (writer + 1)), now: start)
                        }
                        guard step.isMultiple(of: 100) else { continue }
                        // Read outside of the lock, as a dashboard does.
                        let copy = shared.statistics.withLock(\.self)
                        #expect(copy.totals.calls == copy.latency.count)
                        #expect(copy.summary(of: .hour, now: start).totals.calls == copy.totals.calls)
                    }
                }
            }
        }
        let whole = shared.statistics.withLock(\.self)
        #expect(whole.totals.calls == 8_000)
        #expect(whole.latency.sum == 2_000 * 10_000)
        #expect(whole.inFlight == 0)
    }
}
