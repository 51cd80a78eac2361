extension AdmissionQueue {
    /// How many calls of an extension are under way and wait.
    package struct Configuration: Sendable, Hashable {
        /// So many calls at once, at least 1.
        package var limit = 100
        /// So many calls at once of single capabilities, by their numbers.
        package var capabilityLimits: [Int: Int] = [:]
        /// So many calls wait; 0: none does.
        package var queueLimit = 1000
        /// A call waits so much longer than one of the next higher priority before it goes first.
        package var ageing = Duration.seconds(5)

        /// The defaults.
        package init() {}

        var inRange: Configuration {
            var copy = self
            copy.limit = min(max(limit, 1), 1_000_000)
            copy.queueLimit = min(max(queueLimit, 0), 1_000_000)
            copy.ageing = min(max(ageing, .zero), .seconds(86_400))
            return copy
        }
    }
}
