/// The latencies of one run and what they come to.
package struct LatencyRecord: Sendable {
    private var nanoseconds: [UInt64] = []
    /// Answers that were not what they should have been.
    package var failures = 0
    /// The time of the whole run, in nanoseconds.
    package var elapsed: UInt64 = 0

    package init() {
        nanoseconds.reserveCapacity(1 << 18)
    }

    package mutating func add(_ latency: UInt64) {
        nanoseconds.append(latency)
    }

    package var count: Int { nanoseconds.count }

    /// Answers each second.
    package var rate: Double { elapsed == 0 ? 0 : Double(count) * 1e9 / Double(elapsed) }

    /// The latency that the given share of answers stays under, in milliseconds.
    package func percentiles(_ shares: [Double]) -> [Double] {
        guard !nanoseconds.isEmpty else { return shares.map { _ in 0 } }
        let sorted = nanoseconds.sorted()
        return shares.map { share in
            let index = min(sorted.count - 1, Int(share * Double(sorted.count)))
            return Double(sorted[index]) / 1e6
        }
    }
}
