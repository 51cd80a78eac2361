import Dispatch
import HeddleModel
import Logging
import Synchronization

/// The read replicas, and the threads that measure how far behind each is.
///
/// One thread notes where the primary's log stands, with the time before it asked. Once a replica has replayed up to
/// such a place it has everything that was committed before that time. Clocks of other machines play no part, and
/// neither does how much is written.
final class PostgresReplicas: Sendable {
    /// Where the primary's log stood at least at a time.
    private struct Mark {
        let moment: ContinuousClock.Instant
        let position: Int64
    }

    /// More marks than this push out the oldest; a replica that is behind them all is far too late anyway.
    private static let maximumMarks = 64

    private let replicas: [PostgresReplica]
    private let primary: PostgresAddress
    private let limits: HeddleStore.Configuration.Database
    private let interval: Duration
    private let logger: Logger
    private let marks = Mutex<[Mark]>([])
    private let turn = Atomic<Int>(0)
    private let reads = Atomic<Int>(0)
    private let isClosed = Atomic<Bool>(false)
    private let closing = DispatchSemaphore(value: 0)
    private let threads = DispatchGroup()

    /// Takes the replicas that the configuration names; nothing happens before ``start()``.
    ///
    /// - Throws: ``HeddleError`` with `.invalidConfiguration`.
    init(
        primary: PostgresAddress,
        configuration: HeddleStore.Configuration,
        logger: Logger
    ) throws {
        let limits = configuration.database
        self.primary = primary
        self.limits = limits
        self.logger = logger
        interval = min(max(limits.replicaLag / 4, .milliseconds(20)), .milliseconds(500))
        replicas = try limits.replicas.map { url in
            let address = try PostgresAddress(
                url: url,
                password: limits.password,
                needsPrimary: false,
                setting: "database.replicas"
            )
            address.warnIfWeak(logger)
            return PostgresReplica(address, configuration: configuration, logger: logger)
        }
    }

    /// Opens the pools and starts measuring, if there are replicas.
    func start() {
        guard !replicas.isEmpty else { return }
        startThread { replicas in replicas.followPrimary() }
        for replica in replicas {
            replica.pool.start()
            startThread { replicas in replicas.follow(replica) }
        }
    }

    /// The next replica that is reachable and not too far behind.
    func choose() -> PostgresReplica? {
        guard !replicas.isEmpty else { return nil }
        let start = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        for offset in 0..<replicas.count {
            let replica = replicas[Int(UInt(bitPattern: start &+ offset) % UInt(replicas.count))]
            if replica.isFresh(within: limits.replicaLag) { return replica }
        }
        return nil
    }

    /// A replica answered a read.
    func countRead() { reads.add(1, ordering: .relaxed) }

    /// What the replicas did.
    func report(into statistics: inout StoreStatistics) {
        for replica in replicas { replica.pool.report(into: &statistics) }
        statistics.replicaReads = reads.load(ordering: .relaxed)
    }

    func close() async {
        isClosed.store(true, ordering: .relaxed)
        for _ in 0...replicas.count { closing.signal() }
        await withCheckedContinuation { continuation in
            threads.notify(queue: .global()) { continuation.resume() }
        }
        for replica in replicas { await replica.pool.close() }
    }

    // MARK: Measuring

    private func startThread(_ body: @escaping @Sendable (PostgresReplicas) -> Void) {
        threads.enter()
        let isStarted = StoreThread.start {
            body(self)
            self.threads.leave()
        }
        // Without it no replica is fresh, and the primary answers.
        if !isStarted { threads.leave() }
    }

    private func followPrimary() {
        measure(primary) { connection in
            let moment = ContinuousClock.now
            guard let position = try Self.position("pg_current_wal_lsn()", on: connection) else { return }
            self.marks.withLock { marks in
                if marks.count >= Self.maximumMarks { marks.removeFirst() }
                marks.append(Mark(moment: moment, position: position))
            }
        } onFailure: {
        }
    }

    private func follow(_ replica: PostgresReplica) {
        measure(replica.pool.address) { connection in
            // Nothing is replayed by a server that was promoted: it has a history of its own.
            guard
                let position = try Self.position(
                    "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() END",
                    on: connection
                )
            else { return replica.leaveOut() }
            let mark = self.marks.withLock { marks in marks.last { $0.position <= position } }
            if let mark { replica.noteCaughtUp(at: mark.moment) }
        } onFailure: {
            replica.leaveOut()
        }
    }

    /// Measures again and again on a connection of its own, so that no measurement waits behind reads.
    private func measure(
        _ address: PostgresAddress,
        _ body: (PostgresConnection) throws -> Void,
        onFailure: () -> Void
    ) {
        var limits = limits
        limits.connectTimeout = min(limits.connectTimeout, .seconds(2))
        limits.queryTimeout = min(limits.queryTimeout, .seconds(2))
        var connection: PostgresConnection?
        while !isClosed.load(ordering: .relaxed) {
            do {
                let open = try connection ?? PostgresConnection(address, limits: limits, logger: logger)
                connection = open
                try body(open)
            } catch {
                connection?.close()
                connection = nil
                onFailure()
            }
            _ = closing.wait(timeout: .now() + .nanoseconds(interval.nanoseconds))
        }
        connection?.close()
    }

    private static func position(
        _ expression: String,
        on connection: PostgresConnection
    ) throws -> Int64? {
        let results = try connection.exchange(
            [.run("SELECT CAST(\(expression) - '0/0'::pg_lsn AS BIGINT)")],
            timeout: connection.limits.queryTimeout
        )
        guard case .integer(let position)? = results.first?.value(0, 0, .int8) else { return nil }
        return position
    }
}
