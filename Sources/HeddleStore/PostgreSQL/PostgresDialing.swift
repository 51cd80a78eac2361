import CPostgres
import Glibc
import HeddleModel

/// How a connection begins, and how one that is stuck is told to stop.
enum PostgresDialing {
    /// A setting of the server that loses acknowledged writes or reads text otherwise; only logs see it.
    struct Mismatch: Error {
        let setting: String
        let found: String
    }

    /// Connects within a time.
    static func connect(
        _ address: PostgresAddress,
        timeout: Duration
    ) throws(PostgresFailure) -> OpaquePointer {
        let deadline = ContinuousClock.now + timeout
        var words = address.parameters.flatMap { [strdup($0.key), strdup($0.value)] }
        defer { for word in words { free(word) } }
        words.append(nil)
        let keywords = stride(from: 0, to: words.count, by: 2).map { UnsafePointer(words[$0]) }
        var values = stride(from: 1, to: words.count, by: 2).map { UnsafePointer(words[$0]) }
        values.append(nil)
        guard let handle = PQconnectStartParams(keywords, values, 0) else {
            throw PostgresFailure(kind: .lost, message: "no memory for a connection")
        }
        do {
            try finish(handle, deadline: deadline)
            guard PQsetnonblocking(handle, 1) == 0 else { throw PostgresFailure.lost(handle) }
        } catch {
            let failure = error as? PostgresFailure ?? PostgresFailure.lost(handle)
            PQfinish(handle)
            throw failure
        }
        // Notices are for people at a prompt; the default writes them to standard error.
        _ = PQsetNoticeProcessor(handle, { _, _ in }, nil)
        return handle
    }

    private static func finish(
        _ handle: OpaquePointer,
        deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) {
        guard PQstatus(handle) != CONNECTION_BAD else { throw PostgresFailure.lost(handle) }
        var events = POLLOUT
        while true {
            try PostgresAnswers.wait(handle, events, deadline: deadline)
            switch PQconnectPoll(handle) {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_READING: events = POLLIN
            case PGRES_POLLING_WRITING: events = POLLOUT
            case _: throw PostgresFailure.lost(handle)
            }
        }
    }

    /// Sets what every connection has, reads back what durability hangs on, and returns the server's epoch.
    ///
    /// - Throws: ``PostgresFailure``; ``HeddleError`` with `.internalError` when a setting is not as it has to be.
    static func prepareSession(
        _ handle: OpaquePointer,
        statementTimeout: Duration,
        isReading: Bool,
        deadline: ContinuousClock.Instant
    ) throws -> String {
        let milliseconds = statementTimeout / .milliseconds(1)
        // A read is what the server makes one transaction of by itself; a write says BEGIN and how.
        let defaults =
            isReading
            ? "SET default_transaction_isolation = 'repeatable read'; SET default_transaction_read_only = on;" : ""
        let result = try PostgresAnswers.run(
            """
            \(defaults)
            SET standard_conforming_strings = on;
            SET statement_timeout = \(Int(milliseconds));
            SET idle_in_transaction_session_timeout = 60000;
            SELECT set_config('synchronous_commit', 'on', false)
                WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply');
            SELECT current_setting('synchronous_commit'), current_setting('standard_conforming_strings'),
                current_setting('client_encoding'), current_setting('server_encoding'), current_setting('fsync'),
                pg_postmaster_start_time()::text || ' ' || COALESCE((SELECT stats_reset FROM pg_stat_bgwriter)::text, '')
            """,
            on: handle,
            deadline: deadline
        )
        let expected: [(String, Set<String>)] = [
            ("synchronous_commit", ["on", "remote_apply"]), ("standard_conforming_strings", ["on"]),
            ("client_encoding", ["UTF8"]), ("server_encoding", ["UTF8"]), ("fsync", ["on"]),
        ]
        for (column, (setting, accepted)) in expected.enumerated() {
            let found = result?.text(0, column) ?? ""
            guard accepted.contains(found) else {
                throw HeddleError(
                    .internalError,
                    "the database cannot be used durably",
                    details: ["setting": setting],
                    cause: Mismatch(setting: setting, found: found)
                )
            }
        }
        return result?.text(0, expected.count) ?? ""
    }

    /// Asks the server to stop what the connection waits for.
    static func cancel(_ handle: OpaquePointer) {
        guard let cancellation = Cancellation(handle) else { return }
        // Asking connects, and has no deadline: nobody may wait for it. Without a thread, or when it cannot be asked, the
        // server's own statement timeout stops it.
        _ = StoreThread.start { cancellation.send() }
    }

    /// What is needed to cancel; it outlives the connection.
    ///
    /// It is `@unchecked Sendable` because one thread makes it and hands it to the one that uses it.
    private final class Cancellation: @unchecked Sendable {
        private let handle: OpaquePointer

        init?(_ connection: OpaquePointer) {
            guard let handle = PQgetCancel(connection) else { return nil }
            self.handle = handle
        }

        deinit {
            PQfreeCancel(handle)
        }

        func send() {
            var message = [CChar](repeating: 0, count: 256)
            _ = PQcancel(handle, &message, Int32(message.count))
        }
    }
}
