import HeddleModel

/// How many processes an extension has, and how calls are spread over them.
struct InstanceScale: Sendable {
    /// Processes that the first call starts.
    var least = 1
    /// The most processes at once.
    var most = 1
    /// Calls that each has under way before another is started.
    var callsEach = 8
    var balancing = Manifest.Balancing.leastConnections
    /// How long a process that is not needed is kept.
    static let surplusPatience = Duration.seconds(60)
}

/// What a call says of the process that had it.
enum CallOutcome: Sendable {
    case success
    /// It did not answer, or not as it should have.
    case failure
    /// The process can do nothing for it: the caller went away, or nothing was sent.
    case neutral
}
