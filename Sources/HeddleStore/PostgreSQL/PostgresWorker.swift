import Dispatch
import HeddleModel
import Logging
import Synchronization

/// One connection's thread: it connects, serves closures, and connects anew when the connection breaks.
///
/// It is `@unchecked Sendable` because ``connection`` is touched on that thread alone.
final class PostgresWorker: @unchecked Sendable {
    private static let shortestPause = Duration.milliseconds(20)
    private static let longestPause = Duration.seconds(2)

    let pool: PostgresPool
    private let assignment = Mutex<PostgresPool.Assignment?>(nil)
    private let signal = DispatchSemaphore(value: 0)
    /// The connection, unless it broke.
    private(set) var connection: PostgresConnection?

    init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Serves closures until it is told to stop; the body of its thread.
    func run() {
        while connect(), let job = next() {
            serve(job)
            job.finish()
        }
        disconnect(isBreak: false)
        pool.didEnd(self)
    }

    /// Hands a job to a worker that is idle.
    func give(_ job: any PostgresJob) {
        assignment.withLock { $0 = .job(job) }
        signal.signal()
    }

    /// Ends a worker that is idle.
    func stop() {
        assignment.withLock { $0 = .stop }
        signal.signal()
    }

    /// The pool closes: ends the worker if it is idle, and a pause between two attempts to connect.
    func wake() {
        assignment.withLock { waiting in
            if waiting == nil { waiting = .stop }
        }
        signal.signal()
    }

    private func next() -> (any PostgresJob)? {
        switch pool.next(for: self) {
        case .job(let job): return job
        case .stop: return nil
        case .wait: break
        }
        while true {
            signal.wait()
            let given = assignment.withLock { stored in
                let given = stored
                stored = nil
                return given
            }
            switch given {
            case .job(let job): return job
            case .stop: return nil
            case .wait, nil: continue
            }
        }
    }
}

// MARK: The connection

extension PostgresWorker {
    /// Connects if there is no connection; false when nobody needs this worker any more.
    private func connect() -> Bool {
        var attempt = 0
        while connection == nil {
            do {
                try dial()
            } catch {
                guard pool.isNeeded(self) else { return false }
                pause(attempt)
                attempt += 1
            }
        }
        return true
    }

    /// Connects anew for a job that has lost its connection.
    ///
    /// - Throws: ``HeddleError`` with `.databaseUnavailable` after the acquire timeout.
    func reconnect(by deadline: ContinuousClock.Instant) throws {
        disconnect(isBreak: true)
        var attempt = 0
        while true {
            do {
                return try dial()
            } catch {
                guard .now < deadline else {
                    throw HeddleError(.databaseUnavailable, "the database is not available", cause: error)
                }
                pause(attempt)
                attempt += 1
            }
        }
    }

    private func dial() throws {
        do {
            connection = try PostgresConnection(pool.address, limits: pool.limits, logger: pool.logger)
            pool.didConnect()
        } catch {
            pool.didFail(error)
            throw error
        }
    }

    private func disconnect(isBreak: Bool) {
        guard let connection else { return }
        self.connection = nil
        connection.close()
        pool.didDisconnect(isBreak: isBreak)
    }

    /// Gives a broken connection up, so that the next job begins with a new one.
    func dropIfBroken() {
        if connection?.isBroken == true { disconnect(isBreak: true) }
    }

    /// Waits between two attempts, longer each time and never all workers at once.
    private func pause(_ attempt: Int) {
        let most = min(Self.longestPause, Self.shortestPause * (1 << min(attempt, 10)))
        let pause = Duration.nanoseconds(Int.random(in: most.nanoseconds / 4...most.nanoseconds))
        _ = signal.wait(timeout: .now() + .nanoseconds(pause.nanoseconds))
    }
}
