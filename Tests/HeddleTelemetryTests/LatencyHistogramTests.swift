import HeddleTestSupport
import Testing

@testable import HeddleTelemetry

@Suite("Histograms of durations")
struct LatencyHistogramTests {
    @Test("have buckets that touch, grow, and are narrow enough")
    func buckets() {
        #expect(LogLinear.lowerLimit(of: 0) == 1_000)
        #expect(LogLinear.upperLimit(of: LogLinear.count - 1) == 3_600_000_000_000)
        for index in 0..<LogLinear.count {
            let (lower, upper) = (LogLinear.lowerLimit(of: index), LogLinear.upperLimit(of: index))
            #expect(lower < upper)
            #expect(Double(upper - lower) <= 0.025 * Double(lower) * 1.000_001)
            // The lower limit belongs to the bucket before it, the upper one to this.
            #expect(LogLinear.index(of: upper) == index)
            #expect(LogLinear.index(of: lower + 1) == index)
            #expect(LogLinear.index(of: (lower + upper) / 2) == index)
            if index > 0 { #expect(LogLinear.index(of: lower) == index - 1) }
        }
        for tiny: UInt64 in [0, 1, 999, 1_000, 1_001] { #expect(LogLinear.index(of: tiny) == 0) }
        #expect(LogLinear.index(of: .max) == LogLinear.count - 1)
        #expect(LogLinear.index(of: 3_600_000_000_001) == LogLinear.count - 1)
    }

    @Test("find the same bucket as a search through the limits")
    func search() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<20_000 {
            let value =
                UInt64.random(in: 1_001...3_600_000_000_000, using: &random)
                >> UInt64.random(in: 0...20, using: &random)
            let index = LogLinear.index(of: value)
            if value > 1_000 { #expect(LogLinear.lowerLimit(of: index) < value) }
            #expect(value <= LogLinear.upperLimit(of: index))
        }
    }

    @Test("give percentiles that are off by little, of any distribution", arguments: [1, 2, 3])
    func percentiles(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var fine = LatencyHistogram()
        var coarse = CoarseHistogram()
        var values: [UInt64] = []
        for _ in 0..<5_000 {
            let value =
                1_000 + UInt64.random(in: 0...1_000_000_000, using: &random)
                >> UInt64.random(in: 0...16, using: &random)
            values.append(value)
            fine.add(value)
            coarse.add(value)
        }
        values.sort()
        for share in [0.001, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999] {
            let exact = Double(values[Int((share * 5_000).rounded(.up)) - 1])
            #expect(abs(Double(try #require(fine.percentile(share))) / exact - 1) <= 0.012_6)
            #expect(abs(Double(try #require(coarse.percentile(share))) / exact - 1) <= 0.062_6)
        }
        #expect(fine.percentile(1) == values.last)
        #expect(coarse.percentile(1) == values.last)
        #expect(fine.percentile(7) == values.last)
        #expect(fine.percentile(.nan) == values.last)
        #expect(fine.sum == values.reduce(0, +))
        #expect(fine.mean == fine.sum / 5_000)
        #expect((fine.count, coarse.count) == (5_000, 5_000))
        #expect((fine.max, coarse.max) == (values.last, values.last))
    }

    @Test("are empty at first, and take no memory then")
    func empty() {
        #expect(LatencyHistogram().percentile(0.5) == nil)
        #expect(LatencyHistogram().bytes == 0)
        #expect(LatencyHistogram().mean == 0)
        #expect(LatencyHistogram().cumulative().allSatisfy { $0 == 0 })
        #expect(CoarseHistogram().percentile(0.5) == nil)
    }

    @Test("stay small, whatever they are given")
    func memory() {
        var random = SplitMix64(seed: 2)
        var fine = LatencyHistogram()
        var coarse = CoarseHistogram()
        for _ in 0..<10_000 {
            let value = random.next() >> UInt64.random(in: 0...63, using: &random)
            fine.add(value)
            coarse.add(value)
        }
        #expect(fine.bytes <= 12_600)
        #expect(coarse.bytes <= 1_400)
        #expect(fine.sum == .max)
    }

    @Test("merged are the same as one of everything")
    func merge() {
        var random = SplitMix64(seed: 3)
        var parts = [LatencyHistogram](repeating: LatencyHistogram(), count: 4)
        var coarseParts = [CoarseHistogram](repeating: CoarseHistogram(), count: 4)
        var whole = LatencyHistogram()
        var coarseWhole = CoarseHistogram()
        for step in 0..<4_000 {
            // Each part has a stretch of its own.
            let value = UInt64.random(in: 1_000...9_000, using: &random) << UInt64(4 * (step % 4))
            parts[step % 4].add(value)
            coarseParts[step % 4].add(value)
            whole.add(value)
            coarseWhole.add(value)
        }
        var merged = LatencyHistogram()
        for index in [2, 0, 3, 1] { merged.merge(parts[index]) }
        var coarse = CoarseHistogram()
        for index in [2, 0, 3, 1] { coarse.merge(coarseParts[index]) }
        #expect((merged.count, merged.sum, merged.max) == (whole.count, whole.sum, whole.max))
        for share in stride(from: 0.01, through: 1, by: 0.01) {
            #expect(merged.percentile(share) == whole.percentile(share))
            #expect(coarse.percentile(share) == coarseWhole.percentile(share))
        }
    }

    @Test("count exactly what is no longer than a bound of Prometheus")
    func cumulative() {
        var random = SplitMix64(seed: 4)
        var histogram = LatencyHistogram()
        var values: [UInt64] = []
        for bound in LogLinear.prometheusBounds {
            values += [bound.nanoseconds - 1, bound.nanoseconds, bound.nanoseconds + 1]
        }
        for _ in 0..<2_000 { values.append(random.next() >> UInt64.random(in: 22...60, using: &random)) }
        for value in values { histogram.add(value) }
        for (bound, count) in zip(LogLinear.prometheusBounds, histogram.cumulative()) {
            #expect(count == UInt64(values.count { $0 <= bound.nanoseconds }), "\(bound)")
        }
    }

    @Test("have bounds of Prometheus that are limits of fine and of coarse buckets")
    func bounds() {
        for bound in LogLinear.prometheusBounds {
            let index = LogLinear.index(of: bound.nanoseconds)
            #expect(LogLinear.upperLimit(of: index) == bound.nanoseconds)
            #expect((index + 1).isMultiple(of: LogLinear.coarseness))
            #expect(Double(bound.label).map { ($0 * 1e9).rounded() } == Double(bound.nanoseconds))
        }
        let bounds = LogLinear.prometheusBounds.map(\.nanoseconds)
        #expect(bounds == Array(Set(bounds)).sorted())
    }
}
