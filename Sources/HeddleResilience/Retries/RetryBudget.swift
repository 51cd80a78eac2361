/// Bounds the retries of all calls together, so that a failing extension is not buried under them.
///
/// Within ten seconds there are at most a share of the first tries, and a few more for those who rarely call.
package struct RetryBudget: Sendable {
    /// How many retries there may be.
    package struct Configuration: Sendable, Hashable {
        /// So many retries for a hundred first tries.
        package var percent = 20
        /// So many each second besides, whoever calls.
        package var floorPerSecond = 3
        /// The time in which both are counted; at most an hour.
        package var window = Duration.seconds(10)

        /// The defaults.
        package init() {}
    }

    private let percent: Int
    /// What the floor gives in a window, in hundredths of a retry.
    private let floor: Int
    private var counts: SlidingCounts

    /// A budget in which nothing has been tried yet.
    package init(_ configuration: Configuration = Configuration(), now: ContinuousClock.Instant) {
        counts = SlidingCounts(window: configuration.window, now: Moment(now))
        percent = min(max(configuration.percent, 0), 10_000)
        let milliseconds = Int(counts.window / .milliseconds(1))
        floor = min(max(configuration.floorPerSecond, 0), 1_000_000) * milliseconds / 10
    }

    /// A call is tried for the first time.
    package mutating func deposit(now: ContinuousClock.Instant) {
        counts.add(SIMD4(1, 0, 0, 0), now: Moment(now))
    }

    /// Whether there may be one more retry, which counts if there may.
    package mutating func withdraw(now: ContinuousClock.Instant) -> Bool {
        let now = Moment(now)
        counts.advance(to: now)
        guard (Int(counts.total[1]) + 1) * 100 <= Int(counts.total[0]) * percent + floor else { return false }
        counts.add(SIMD4(0, 1, 0, 0), now: now)
        return true
    }

    /// The first tries and the retries of the window that ends at a moment.
    package func totals(now: ContinuousClock.Instant) -> (tries: Int, retries: Int) {
        let total = counts.total(at: Moment(now))
        return (Int(total[0]), Int(total[1]))
    }
}
