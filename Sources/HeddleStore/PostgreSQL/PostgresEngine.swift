import HeddleModel
import Logging

/// The engine for a database server: a pool of connections, and replicas to read from.
final class PostgresEngine: StoreEngine {
    private let primary: PostgresPool
    private let replicas: PostgresReplicas

    private init(primary: PostgresPool, replicas: PostgresReplicas) {
        self.primary = primary
        self.replicas = replicas
    }

    /// Connects, migrates, and opens the pool.
    ///
    /// - Throws: ``HeddleError``; see ``HeddleStore/open(url:configuration:migrations:logger:)``.
    static func open(
        url: String,
        configuration: HeddleStore.Configuration,
        migrations: [Migration],
        logger: Logger
    ) async throws -> PostgresEngine {
        let limits = configuration.database
        let address = try PostgresAddress(url: url, password: limits.password, needsPrimary: true)
        address.warnIfWeak(logger)
        let replicas = try PostgresReplicas(primary: address, configuration: configuration, logger: logger)
        try await StoreThread.run {
            let connection = try PostgresOpening.connect(address, limits: limits, logger: logger)
            defer { connection.close() }
            do {
                try PostgresMigrator(migrations: migrations, logger: logger).run(on: connection)
                try PostgresOpening.warnOfCollations(on: connection, logger)
            } catch let failure as PostgresFailure {
                throw failure.translated(isWrite: true)
            }
        }
        let primary = PostgresPool(address, configuration: configuration, logger: logger)
        primary.start()
        replicas.start()
        return PostgresEngine(primary: primary, replicas: replicas)
    }

    func read<T: Sendable>(
        _ consistency: ReadConsistency,
        _ body: @escaping @Sendable (ReadTransaction) throws -> T
    ) async throws -> T {
        if consistency == .eventual, let replica = replicas.choose() {
            do {
                let value = try await Self.run(.read(body), on: replica.pool)
                replicas.countRead()
                return value
            } catch let error as HeddleError where Self.isForPrimary(error) {
                replica.leaveOut()
            }
        }
        return try await Self.run(.read(body), on: primary)
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (WriteTransaction) throws -> T) async throws -> T {
        try await Self.run(.write(body), on: primary)
    }

    func reconfigure(_ change: (inout HeddleStore.Configuration) -> Void) { primary.reconfigure(change) }

    func close() async {
        await replicas.close()
        await primary.close()
    }

    var statistics: StoreStatistics {
        var statistics = StoreStatistics()
        primary.report(into: &statistics)
        replicas.report(into: &statistics)
        return statistics
    }

    /// Whether a replica's error says something of the replica and not of the read.
    private static func isForPrimary(_ error: HeddleError) -> Bool {
        switch error.code {
        case .databaseUnavailable, .databasePoolExhausted, .storeQueueFull: true
        // Whatever else its server refused, from a schema that it has not replayed to a conflict with what it replays.
        case _: error.cause is PostgresFailure
        }
    }

    private static func run<T: Sendable>(
        _ body: PostgresRequest<T>.Body,
        on pool: PostgresPool
    ) async throws -> T {
        try await withCheckedThrowingContinuation { caller in
            let job = PostgresRequest(caller: caller, deadline: .now + pool.limits.acquireTimeout, body: body)
            do {
                try pool.submit(job)
            } catch {
                job.fail(error)
                job.finish()
            }
        }
    }
}
