extension CircuitBreaker {
    /// When a breaker opens and closes.
    package struct Configuration: Sendable, Hashable {
        /// So many failures in a row open it.
        package var failures = 5
        /// The failures in a row, and the calls of the rates, lie in this time; at most an hour.
        package var window = Duration.seconds(60)
        /// With fewer calls in the window no rate says anything.
        package var minimumCalls = 20
        /// So many failures in a hundred calls open it; nil: the rate does not matter.
        package var failureRatePercent: Int? = 50
        /// So many slow calls in a hundred open it; nil: slowness does not matter.
        package var slowRatePercent: Int?
        /// A call that takes longer is slow.
        package var slowCall = Duration.seconds(10)
        /// It refuses all calls for so long.
        package var openFor = Duration.seconds(30)
        /// So many calls at once find out whether the extension works again.
        package var probes = 1
        /// So many of them have to succeed.
        package var successesToClose = 1
        /// One that has not reported after so long is given up; it has to be longer than any call's deadline.
        package var probeTimeout = Duration.seconds(60)

        /// The defaults.
        package init() {}

        var inRange: Configuration {
            var copy = self
            copy.failures = min(max(failures, 1), 10_000)
            copy.window = min(max(window, .milliseconds(10)), SlidingCounts.longestWindow)
            copy.minimumCalls = max(minimumCalls, 1)
            copy.failureRatePercent = failureRatePercent.map { min(max($0, 1), 100) }
            copy.slowRatePercent = slowRatePercent.map { min(max($0, 1), 100) }
            copy.slowCall = max(slowCall, .zero)
            copy.openFor = min(max(openFor, .zero), .seconds(86_400))
            copy.probes = min(max(probes, 1), 1000)
            copy.successesToClose = min(max(successesToClose, 1), 1000)
            copy.probeTimeout = min(max(probeTimeout, .milliseconds(1)), .seconds(86_400))
            return copy
        }
    }
}
