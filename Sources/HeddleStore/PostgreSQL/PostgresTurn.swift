import Dispatch
import Glibc
import HeddleModel

/// What a write that lost more than once holds, so that those that lose do not make each other lose.
///
/// One of each node waits at the database for the turn of all nodes; the others wait for it at a semaphore. Nothing is
/// wrong without the turn, so that who does not get it in time goes on without.
final class PostgresTurn: Sendable {
    /// The advisory lock that all nodes mean.
    private static let key = 0x68_65_64_64_6C_65
    private static let shortestWait = Duration.milliseconds(100)

    private let semaphore = DispatchSemaphore(value: 1)

    /// Runs an attempt alone among those of all nodes that lost, or after the deadline without waiting any more.
    func take<T>(
        on connection: PostgresConnection?,
        deadline: ContinuousClock.Instant,
        _ attempt: () -> T
    ) -> T {
        let wait = max(Self.shortestWait, deadline - .now)
        guard semaphore.wait(timeout: .now() + .nanoseconds(wait.nanoseconds)) == .success else { return attempt() }
        defer { semaphore.signal() }
        guard let connection, lock(on: connection, within: max(Self.shortestWait, deadline - .now)) else {
            return attempt()
        }
        // A connection that breaks on the way gives the lock back by itself.
        defer { connection.run(withoutAnswer: "SELECT pg_advisory_unlock(\(Self.key))") }
        return attempt()
    }

    private func lock(
        on connection: PostgresConnection,
        within wait: Duration
    ) -> Bool {
        // The statement timeout, which is not above the query timeout, would end a longer wait too.
        let wait = min(wait, connection.limits.queryTimeout / 2)
        do throws(PostgresFailure) {
            _ = try connection.exchange(
                [
                    .run("SELECT set_config('lock_timeout', '\(max(1, Int(wait / .milliseconds(1))))', true)"),
                    .run("SELECT pg_advisory_lock(\(Self.key)) IS NULL"),
                ],
                timeout: connection.limits.queryTimeout
            )
            return true
        } catch {
            // It took too long, or the connection broke, which the attempt finds out.
            return false
        }
    }
}
