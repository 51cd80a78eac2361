import HeddleTestSupport
import Testing

@testable import HeddleResilience

@Suite("The token bucket")
struct TokenBucketTests {
    private let start = ContinuousClock.now

    @Test("gives a burst and then one at a time, and says how long to wait to the nanosecond")
    func burst() {
        var bucket = TokenBucket(.init(perSecond: 3, burst: 2), now: start)
        #expect(bucket.take(now: start) == .taken)
        #expect(bucket.take(now: start) == .taken)
        guard case .wait(let pause) = bucket.take(now: start) else {
            Issue.record("the bucket is empty")
            return
        }
        #expect(pause.attoseconds == 333_333_333_333_333_334)
        #expect(bucket.take(now: start + pause - Duration(attoseconds: 1)) == .wait(Duration(attoseconds: 1)))
        #expect(bucket.take(now: start + pause) == .taken)
    }

    @Test("takes all or nothing, and never more than the burst")
    func counts() {
        var bucket = TokenBucket(.init(perSecond: 10, burst: 5), now: start)
        #expect(bucket.take(6, now: start) == .never)
        #expect(bucket.take(.max, now: start) == .never)
        #expect(bucket.take(4, now: start) == .taken)
        #expect(bucket.take(2, now: start) == .wait(.milliseconds(100)))
        #expect(bucket.available(now: start) == 1)
        #expect(bucket.take(0, now: start) == .taken)
        #expect(bucket.take(.min, now: start) == .taken)
    }

    @Test("does not drift: in months, at odd moments, it gives what the rate allows to the token")
    func drift() {
        var bucket = TokenBucket(.init(perSecond: 7, burst: 2), now: start)
        #expect(bucket.take(2, now: start) == .taken)
        // A token each 1/7 s exactly; asked in between as well, which must not round anything away.
        var now = start
        var taken = 0
        for step in 1...70_000 {
            let next = start + Duration(attoseconds: (Int128(step) * 1_000_000_000_000_000_000 + 6) / 7)
            now += (next - now) / 3
            _ = bucket.available(now: now)
            if bucket.take(now: next) == .taken { taken += 1 }
            now = next
        }
        #expect(taken == 70_000)
    }

    @Test("is full after years, and a clock that stands still or goes back gives nothing")
    func clocks() {
        var bucket = TokenBucket(.init(perSecond: 1_000_000_000, burst: 1_000_000_000), now: start)
        #expect(bucket.take(1_000_000_000, now: start) == .taken)
        #expect(bucket.available(now: start) == 0)
        #expect(bucket.available(now: start - .seconds(100)) == 0)
        #expect(bucket.available(now: start + .seconds(86_400 * 3650)) == 1_000_000_000)
        var slow = TokenBucket.Configuration(perSecond: 1, burst: 1)
        slow.interval = .seconds(86_400)
        var daily = TokenBucket(slow, now: start)
        #expect(daily.take(now: start) == .taken)
        #expect(daily.take(now: start) == .wait(.seconds(86_400)))
        var none = TokenBucket(.init(perSecond: 0, burst: 1), now: start)
        #expect(none.take(now: start) == .taken)
        #expect(none.take(now: start + .seconds(1000)) == .never)
    }

    @Test("agrees with fractions kept by hand over a long run", arguments: [1, 3, 7, 1000, 999_983])
    func model(_ rate: Int) {
        var random = SplitMix64(seed: UInt64(rate))
        var bucket = TokenBucket(.init(perSecond: rate, burst: 50), now: start)
        // The level in attosecond tokens, by the definition.
        var level = Int128(50) * 1_000_000_000_000_000_000
        let full = level
        var now = start
        for _ in 0..<20_000 {
            let step = Duration.nanoseconds(Int64.random(in: 0...(4_000_000_000 / Int64(rate)), using: &random))
            now += step
            level = min(full, level + step.attoseconds * Int128(rate))
            let count = Int.random(in: 1...4, using: &random)
            let wanted = Int128(count) * 1_000_000_000_000_000_000
            let answer = bucket.take(count, now: now)
            if wanted <= level {
                #expect(answer == .taken)
                level -= wanted
            } else if case .wait(let pause) = answer {
                #expect(level + pause.attoseconds * Int128(rate) >= wanted)
                #expect(level + (pause.attoseconds - 1) * Int128(rate) < wanted)
            } else {
                Issue.record("\(answer) although too few are there")
            }
        }
    }
}
