/// Decides whether a call that failed and may be repeated is tried again, and after how long.
package struct RetryPolicy: Sendable, Hashable {
    /// How often, and how far apart.
    package struct Configuration: Sendable, Hashable {
        /// So many tries after the first.
        package var retries = 3
        /// The longest pause before the first retry; it doubles for each one after it.
        package var base = Duration.seconds(1)
        /// No pause of our own choosing is longer.
        package var cap = Duration.seconds(30)
        /// An extension that asks for a longer pause is not waited for.
        package var longestHint = Duration.seconds(300)

        /// The defaults.
        package init() {}
    }

    /// What to do with a call that failed.
    package enum Decision: Sendable, Hashable {
        case retry(after: Duration)
        case giveUp(Reason)
    }

    /// Why a call is not tried again.
    package enum Reason: String, Sendable, CaseIterable {
        /// It was tried as often as allowed.
        case attempts
        /// The pause would end when its time is over, or later.
        case deadline
        /// The extension asked for too long a pause.
        case hint
        /// There have been too many retries of late.
        case budget
    }

    /// The rules in force; out-of-range values have been brought into range.
    package let configuration: Configuration

    /// A policy by these rules.
    package init(_ configuration: Configuration = Configuration()) {
        var copy = configuration
        copy.retries = min(max(copy.retries, 0), 100)
        copy.base = min(max(copy.base, .zero), .seconds(3600))
        copy.cap = min(max(copy.cap, .zero), .seconds(3600))
        copy.longestHint = max(copy.longestHint, .zero)
        self.configuration = copy
    }

    /// The longest pause before a retry; the first one has number 0.
    package func longestPause(before retry: Int) -> Duration {
        // An hour doubled 40 times is well within what a duration holds.
        min(configuration.cap, configuration.base * (1 << min(max(retry, 0), 40)))
    }

    /// Decides after the try with this number, 1 for the first, failed.
    ///
    /// The budget is asked last, so that what is given up for another reason costs nothing of it.
    /// - Parameters:
    ///   - attempt: How often the call has been tried.
    ///   - remaining: The time until its deadline.
    ///   - hint: The least pause the extension asked for.
    ///   - budget: What all calls together may retry.
    ///   - now: The present moment.
    ///   - generator: Where the jitter comes from.
    /// - Returns: A pause that ends before the deadline, or why there is none.
    package func decide(
        attempt: Int,
        remaining: Duration?,
        hint: Duration?,
        budget: inout RetryBudget,
        now: ContinuousClock.Instant,
        using generator: inout some RandomNumberGenerator
    ) -> Decision {
        guard attempt <= configuration.retries else { return .giveUp(.attempts) }
        let least = max(hint ?? .zero, .zero)
        guard least <= configuration.longestHint else { return .giveUp(.hint) }
        let pause = max(least, jitter(upTo: longestPause(before: attempt - 1), using: &generator))
        if let remaining, pause >= remaining { return .giveUp(.deadline) }
        return budget.withdraw(now: now) ? .retry(after: pause) : .giveUp(.budget)
    }

    private func jitter(upTo longest: Duration, using generator: inout some RandomNumberGenerator) -> Duration {
        let (seconds, attoseconds) = longest.components
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        return .nanoseconds(Int64.random(in: 0...nanoseconds, using: &generator))
    }
}
