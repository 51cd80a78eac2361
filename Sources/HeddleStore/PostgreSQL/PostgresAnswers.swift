import CPostgres
import Glibc

/// Reads what a server answers, with a deadline.
enum PostgresAnswers {
    /// Reads the answers of so many commands and the mark behind them, if there is one, in pipeline mode.
    ///
    /// - Throws: the first failure among them, after all was read.
    static func read(
        _ handle: OpaquePointer,
        count: Int,
        hasMark: Bool,
        deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) -> [PostgresResult] {
        var results: [PostgresResult] = []
        results.reserveCapacity(count)
        var failure: PostgresFailure?
        do throws(PostgresFailure) {
            for _ in 0..<count {
                try readOne(handle, into: &results, &failure, deadline: deadline)
            }
            if hasMark, let mark = try next(handle, deadline: deadline) { PQclear(mark) }
        } catch {
            // The server's last words say more than the broken connection.
            throw failure ?? error
        }
        if let failure { throw failure }
        guard results.count == count else {
            throw PostgresFailure(kind: .lost, message: "another number of answers than of commands")
        }
        return results
    }

    /// Runs a text of one statement or several, outside of pipeline mode, and returns the last answer.
    ///
    /// - Throws: the first failure.
    @discardableResult
    static func run(
        _ sql: String,
        on handle: OpaquePointer,
        deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) -> PostgresResult? {
        guard PQsendQuery(handle, sql) == 1 else { throw PostgresFailure.lost(handle) }
        var last: PostgresResult?
        var failure: PostgresFailure?
        while let result = try next(handle, deadline: deadline) {
            if let refusal = refusal(result) {
                failure = failure ?? refusal
                PQclear(result)
                guard PQstatus(handle) == CONNECTION_OK else { break }
            } else {
                last = PostgresResult(result)
            }
        }
        if let failure { throw failure }
        return last
    }

    /// Sends what waits to be sent.
    static func flush(
        _ handle: OpaquePointer,
        deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) {
        while true {
            switch PQflush(handle) {
            case 0: return
            case 1: try wait(handle, POLLIN | POLLOUT, deadline: deadline)
            case _: throw PostgresFailure.lost(handle)
            }
            // A server that does not read before it is read from would wait forever.
            guard PQconsumeInput(handle) == 1 else { throw PostgresFailure.lost(handle) }
        }
    }

    private static func readOne(
        _ handle: OpaquePointer,
        into results: inout [PostgresResult],
        _ failure: inout PostgresFailure?,
        deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) {
        // Each command's answers end with nothing.
        while let result = try next(handle, deadline: deadline) {
            if let refusal = refusal(result) {
                PQclear(result)
                if failure == nil {
                    failure = refusal
                    failure?.answers = results.count
                }
                guard PQstatus(handle) == CONNECTION_OK else { throw PostgresFailure.lost(handle) }
            } else if PQresultStatus(result) == PGRES_PIPELINE_ABORTED {
                PQclear(result)
            } else {
                results.append(PostgresResult(result))
            }
        }
    }

    private static func refusal(_ result: OpaquePointer) -> PostgresFailure? {
        switch PQresultStatus(result) {
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE, PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            PostgresFailure(result: result)
        case _:
            nil
        }
    }

    /// The next answer, or nil behind the last one of a command.
    private static func next(
        _ handle: OpaquePointer,
        deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) -> OpaquePointer? {
        while PQisBusy(handle) == 1 {
            let flushed = PQflush(handle)
            guard flushed >= 0 else { throw PostgresFailure.lost(handle) }
            try wait(handle, flushed == 1 ? POLLIN | POLLOUT : POLLIN, deadline: deadline)
            guard PQconsumeInput(handle) == 1 else { throw PostgresFailure.lost(handle) }
        }
        return PQgetResult(handle)
    }

    /// Waits until the socket can be read or written.
    static func wait(
        _ handle: OpaquePointer,
        _ events: Int32,
        deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) {
        var descriptor = pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0)
        guard descriptor.fd >= 0 else { throw PostgresFailure.lost(handle) }
        while true {
            let (seconds, attoseconds) = (deadline - .now).components
            let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
            guard seconds >= 0, attoseconds >= 0 else {
                throw PostgresFailure(kind: .timedOut, message: "no answer in time")
            }
            let ready = poll(&descriptor, 1, Int32(min(milliseconds + 1, 1 << 30)))
            if ready > 0 { return }
            guard ready == 0 || errno == EINTR else { throw PostgresFailure.lost(handle) }
        }
    }
}
