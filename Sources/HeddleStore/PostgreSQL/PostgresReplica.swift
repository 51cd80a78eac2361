import HeddleModel
import Logging
import Synchronization

/// One read replica: its connections, and how far behind it is.
final class PostgresReplica: Sendable {
    let pool: PostgresPool
    /// The last moment of which it has everything that was committed.
    private let caughtUp = Mutex<ContinuousClock.Instant?>(nil)

    init(
        _ address: PostgresAddress,
        configuration: HeddleStore.Configuration,
        logger: Logger
    ) {
        var configuration = configuration
        configuration.database.minimumConnections = 1
        // The primary answers what a replica does not answer soon.
        configuration.database.maximumReconnects = 0
        configuration.database.acquireTimeout = min(configuration.database.acquireTimeout, .seconds(1))
        pool = PostgresPool(address, configuration: configuration, logger: logger)
    }

    /// Whether it answers, and has what was committed up to so long ago.
    func isFresh(within lag: Duration) -> Bool {
        caughtUp.withLock { moment in
            guard let moment else { return false }
            return .now - moment <= lag
        }
    }

    /// It has everything that was committed before the moment.
    func noteCaughtUp(at moment: ContinuousClock.Instant) {
        caughtUp.withLock { $0 = moment }
    }

    /// It does not answer; the next measurement brings it back.
    func leaveOut() {
        caughtUp.withLock { $0 = nil }
    }
}
