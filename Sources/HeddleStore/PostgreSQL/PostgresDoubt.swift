import Glibc
import HeddleModel

/// A commit whose answer never came.
struct PostgresDoubt {
    /// What became of it.
    enum Outcome {
        case committed
        case rolledBack
        case unknown
    }

    /// The number of the transaction.
    let transaction: Int64
    /// The server's epoch when it was begun.
    let epoch: String

    /// Asks the server, and makes it decide when it has not.
    ///
    /// A server that crashed gives the numbers of transactions whose first change never reached its disk to others. What
    /// is rolled back or not known after a crash was not committed; what is committed may be somebody else's.
    ///
    /// - Throws: ``PostgresFailure`` when the connection breaks again.
    func outcome(
        on connection: PostgresConnection,
        deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) -> Outcome {
        let isSameEpoch = connection.epoch == epoch
        var looks = 0
        while true {
            switch try status(on: connection) {
            case "committed":
                guard isSameEpoch else { return .unknown }
                try confirm(on: connection, deadline: deadline)
                return .committed
            case "aborted": return .rolledBack
            case "in progress" where !isSameEpoch: return .rolledBack
            case "in progress": break
            case _: return .unknown
            }
            guard .now < deadline else { return .unknown }
            looks += 1
            // The server may not have noticed that the connection is gone, and would keep the locks until it does. What is
            // committing already goes on: ending that would commit it without its standbys.
            if looks == 10 { try terminate(on: connection) }
            usleep(20_000)
        }
    }

    /// Waits until all that was committed is as durable as the server is told to make it.
    ///
    /// Somebody may have ended the commit's own wait for the standbys; the log behind it reaches none before it does.
    private func confirm(
        on connection: PostgresConnection,
        deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) {
        _ = try connection.exchange(
            [
                .own(.beginWriting), .run("SELECT pg_logical_emit_message(true, 'heddle', '') IS NULL"), .own(.commit),
            ],
            cancels: false,
            timeout: min(connection.limits.queryTimeout, max(.milliseconds(1), deadline - .now))
        )
        guard connection.notices.hasUnreplicatedCommit else { return }
        connection.markBroken()
        throw PostgresFailure(kind: .lost, message: "the commit may not have reached the standbys")
    }

    private func status(on connection: PostgresConnection) throws(PostgresFailure) -> String {
        do throws(PostgresFailure) {
            let results = try connection.exchange(
                [.run("SELECT pg_xact_status('\(transaction)'::xid8)")],
                timeout: connection.limits.queryTimeout
            )
            guard case .text(let status)? = results.first?.value(0, 0, .text) else { return "" }
            return status
        } catch {
            // "transaction ID is in the future": the server has lost it.
            guard error.kind == .refused(state: "22023") else { throw error }
            return "aborted"
        }
    }

    private func terminate(on connection: PostgresConnection) throws(PostgresFailure) {
        _ = try connection.exchange(
            [
                .run(
                    """
                    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                        WHERE backend_xid = ('\(transaction)'::xid8)::xid AND pid <> pg_backend_pid()
                            AND state LIKE 'idle in transaction%'
                    """
                )
            ],
            timeout: connection.limits.queryTimeout
        )
    }
}
