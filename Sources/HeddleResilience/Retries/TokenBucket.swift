/// Lets through so many in a time, and a burst of those that came late.
///
/// Levels are whole numbers of the smallest share of a token that an attosecond can bring, so nothing is rounded away
/// however often it is asked and however long it runs.
package struct TokenBucket: Sendable {
    /// How much passes.
    package struct Configuration: Sendable, Hashable {
        /// So many tokens come in each ``interval``; 0: none ever.
        package var rate = 100
        /// The time in which ``rate`` tokens come.
        package var interval = Duration.seconds(1)
        /// So many can be taken at once after a quiet time.
        package var burst = 100

        /// The defaults.
        package init() {}

        /// So many a second.
        package init(perSecond rate: Int, burst: Int) {
            self.rate = rate
            self.burst = burst
        }
    }

    /// What taking came to.
    package enum Answer: Sendable, Hashable {
        case taken
        /// Nothing was taken; there are enough after this time if nobody else takes any.
        case wait(Duration)
        /// There are never so many.
        case never
    }

    /// The most tokens there are room for, so that no product overflows.
    private static let most = 1_000_000_000

    private let rate: Int128
    /// What a token is in the units of ``level``: one for each attosecond of the interval.
    private let token: Int128
    private let capacity: Int128
    private var level: Int128
    private var last: Moment

    /// A full bucket.
    package init(_ configuration: Configuration, now: ContinuousClock.Instant) {
        rate = Int128(min(max(configuration.rate, 0), Self.most))
        token = min(max(configuration.interval, .milliseconds(1)), .seconds(86_400)).attoseconds
        capacity = Int128(min(max(configuration.burst, 1), Self.most)) * token
        level = capacity
        last = Moment(now)
    }

    /// Takes so many tokens, or none.
    package mutating func take(_ count: Int = 1, now: ContinuousClock.Instant) -> Answer {
        refill(Moment(now))
        let wanted = Int128(min(max(count, 0), Self.most + 1)) * token
        guard wanted > level else {
            level -= wanted
            return .taken
        }
        guard wanted <= capacity, rate > 0 else { return .never }
        let missing = (wanted - level + rate - 1) / rate
        return .wait(Duration(attoseconds: missing))
    }

    /// The whole tokens that could be taken now.
    package mutating func available(now: ContinuousClock.Instant) -> Int {
        refill(Moment(now))
        return Int(level / token)
    }

    private mutating func refill(_ now: Moment) {
        guard now > last else { return }
        let (gained, overflow) = (now - last).attoseconds.multipliedReportingOverflow(by: rate)
        level = overflow ? capacity : min(capacity, level + min(gained, capacity))
        last = now
    }
}
