/// How long calls took: counts in ``LogLinear`` buckets, and the exact sum and greatest.
///
/// A percentile is the middle of its bucket, so it is off by at most 1.25 % from 1 µs to 1 h. It takes 8 bytes for each bucket of
/// the stretch it has seen, 160 to a decade, and at most 12 KB.
package struct LatencyHistogram: Sendable {
    private var counts = BucketCounts<UInt64>()
    /// How many were added.
    package private(set) var count: UInt64 = 0
    /// Their sum in nanoseconds; it stays at the greatest number there is, which takes 584 years.
    package private(set) var sum: UInt64 = 0
    /// The longest in nanoseconds.
    package private(set) var max: UInt64 = 0

    /// An empty histogram, without memory of its own.
    package init() {}

    /// The bytes it holds besides itself.
    package var bytes: Int { counts.bytes }

    /// The mean in nanoseconds.
    package var mean: UInt64 { count == 0 ? 0 : sum / count }

    /// Adds a duration.
    package mutating func add(_ nanoseconds: UInt64) {
        add(nanoseconds, LogLinear.index(of: nanoseconds))
    }

    @inline(__always)
    mutating func add(_ nanoseconds: UInt64, _ index: Int) {
        counts.add(index)
        count &+= 1
        let (total, overflow) = sum.addingReportingOverflow(nanoseconds)
        sum = overflow ? .max : total
        if nanoseconds > max { max = nanoseconds }
    }

    /// Adds all that another one counted.
    package mutating func merge(_ other: LatencyHistogram) {
        counts.merge(other.counts)
        count &+= other.count
        let (total, overflow) = sum.addingReportingOverflow(other.sum)
        sum = overflow ? .max : total
        max = Swift.max(max, other.max)
    }

    /// The duration in nanoseconds that this share of them, 0 to 1, does not exceed; nil: there are none.
    package func percentile(_ share: Double) -> UInt64? {
        guard let rank = Percentile.rank(share, of: count) else { return nil }
        // The greatest one is known exactly.
        guard rank < count else { return max }
        var seen: UInt64 = 0
        for index in counts.indices {
            seen += counts[index]
            guard seen >= rank else { continue }
            return min(max, (LogLinear.lowerLimit(of: index) + LogLinear.upperLimit(of: index)) / 2)
        }
        return max
    }

    /// How many took no longer than each of the bounds, which are limits of buckets: exact numbers.
    package func cumulative(_ bounds: [LogLinear.Bound] = LogLinear.prometheusBounds) -> [UInt64] {
        var result: [UInt64] = []
        result.reserveCapacity(bounds.count)
        var index = counts.indices.lowerBound
        var seen: UInt64 = 0
        for bound in bounds {
            while index < counts.indices.upperBound, LogLinear.upperLimit(of: index) <= bound.nanoseconds {
                seen += counts[index]
                index += 1
            }
            result.append(seen)
        }
        return result
    }
}

/// The rank of a percentile among so many.
enum Percentile {
    static func rank(_ share: Double, of count: UInt64) -> UInt64? {
        guard count > 0 else { return nil }
        let share = share.isNaN ? 1 : min(Swift.max(share, 0), 1)
        return min(count, Swift.max(1, UInt64((share * Double(count)).rounded(.up))))
    }
}
