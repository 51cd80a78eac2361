/// How long calls took, in few bytes: for the many slots of ``CallStatistics``.
///
/// A percentile is off by at most 6.25 %. It takes 4 bytes for each coarse bucket of the stretch it has seen, 32 to a decade.
package struct CoarseHistogram: Sendable {
    private var counts = BucketCounts<UInt32>()
    /// How many were added.
    package private(set) var count: UInt64 = 0
    /// Their sum in nanoseconds.
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

    /// Adds a duration whose fine bucket is known.
    @inline(__always)
    mutating func add(_ nanoseconds: UInt64, _ index: Int) {
        counts.add(Int(UInt(bitPattern: index) / UInt(LogLinear.coarseness)))
        count &+= 1
        let (total, overflow) = sum.addingReportingOverflow(nanoseconds)
        sum = overflow ? .max : total
        if nanoseconds > max { max = nanoseconds }
    }

    /// Adds all that another one counted.
    package mutating func merge(_ other: CoarseHistogram) {
        counts.merge(other.counts)
        count &+= other.count
        let (total, overflow) = sum.addingReportingOverflow(other.sum)
        sum = overflow ? .max : total
        max = Swift.max(max, other.max)
    }

    /// The duration in nanoseconds that this share of them, 0 to 1, does not exceed; nil: there are none.
    package func percentile(_ share: Double) -> UInt64? {
        guard let rank = Percentile.rank(share, of: count) else { return nil }
        guard rank < count else { return max }
        var seen: UInt64 = 0
        for index in counts.indices {
            seen += UInt64(counts[index])
            guard seen >= rank else { continue }
            let fine = index * LogLinear.coarseness
            let upper = LogLinear.upperLimit(of: fine + LogLinear.coarseness - 1)
            return min(max, (LogLinear.lowerLimit(of: fine) + upper) / 2)
        }
        return max
    }
}
