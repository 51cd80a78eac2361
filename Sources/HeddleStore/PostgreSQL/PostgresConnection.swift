import CPostgres
import Glibc
import HeddleModel
import Logging

/// One connection to a server, with its prepared statements; confined to the thread that opened it.
final class PostgresConnection {
    /// More texts than this on one connection push out the oldest.
    static let statementCapacity = 512

    let handle: OpaquePointer
    let limits: HeddleStore.Configuration.Database
    let logger: Logger
    /// Changes when the server starts anew or recovers: numbers of transactions may come twice then.
    let epoch: String
    /// What the server said besides its answers.
    let notices = PostgresNotices()
    /// Set when nothing more can be asked of it.
    private(set) var isBroken = false
    /// Ends of transactions whose answers nobody has read yet, each with the statements in it.
    private var unreadEnds: [Int] = []
    private var statements = StatementCache<PostgresStatement>(capacity: PostgresConnection.statementCapacity)
    private var nextName = 0
    /// Statements of the server that nothing here needs any more.
    private var unneeded: [String] = []
    /// Texts in which the server cannot tell the type of a null.
    private var textsOfTypelessNulls: Set<String> = []

    /// Connects, and makes what is committed durable.
    ///
    /// - Parameters:
    ///   - address: The server.
    ///   - limits: How long things take.
    ///   - forMigrations: Whether statements may take as long as they like and come several at a time.
    ///   - logger: Where slow statements go.
    /// - Throws: ``PostgresFailure``; ``HeddleError`` with `.internalError` when the server would not be durable.
    init(
        _ address: PostgresAddress,
        limits: HeddleStore.Configuration.Database,
        forMigrations: Bool = false,
        logger: Logger
    ) throws {
        let handle = try PostgresDialing.connect(address, timeout: limits.connectTimeout)
        self.handle = handle
        self.limits = limits
        self.logger = logger
        notices.listen(to: handle)
        do {
            let deadline = ContinuousClock.now + limits.connectTimeout
            epoch = try PostgresDialing.prepareSession(
                handle,
                statementTimeout: forMigrations ? .zero : Self.statementTimeout(limits),
                isReading: !forMigrations,
                deadline: deadline
            )
            guard !forMigrations else { return }
            guard PQenterPipelineMode(handle) == 1 else { throw PostgresFailure.lost(handle) }
            _ = try exchange(
                PostgresCommand.Own.allCases.map { .prepare($0.text, name: $0.rawValue, types: []) },
                timeout: limits.connectTimeout
            )
        } catch {
            PQfinish(handle)
            throw error
        }
    }

    /// Nobody waits for an answer for longer than the query timeout, so that the server need not work for longer.
    private static func statementTimeout(_ limits: HeddleStore.Configuration.Database) -> Duration {
        limits.statementTimeout == .zero ? limits.queryTimeout : min(limits.statementTimeout, limits.queryTimeout)
    }

    /// Ends the connection; nothing may be asked of it afterwards.
    func close() {
        PQfinish(handle)
    }

    /// Nothing more can be asked of it.
    func markBroken() {
        isBroken = true
    }

    /// Sends commands in one go and returns what the server answered, in one round trip.
    ///
    /// - Parameters:
    ///   - commands: What is to be done.
    ///   - isOpen: Whether the transaction that the server makes of commands by itself goes on until ``endReading()``.
    ///   - cancels: Whether the server is told to stop when the answers take too long.
    ///   - timeout: How long the answers may take.
    /// - Returns: An answer for each command.
    /// - Throws: the first failure; the commands behind it did not run.
    func exchange(
        _ commands: [PostgresCommand],
        isOpen: Bool = false,
        cancels: Bool = true,
        timeout: Duration
    ) throws(PostgresFailure) -> [PostgresResult] {
        let deadline = ContinuousClock.now + timeout
        do throws(PostgresFailure) {
            try readEnds(by: deadline)
            for command in commands { try send(command) }
            let isMarked = isOpen ? PQsendFlushRequest(handle) : PQpipelineSync(handle)
            guard isMarked == 1 else { throw PostgresFailure.lost(handle) }
            if isOpen { try PostgresAnswers.flush(handle, deadline: deadline) }
            return try PostgresAnswers.read(handle, count: commands.count, hasMark: !isOpen, deadline: deadline)
        } catch {
            giveUp(after: error, cancels: cancels)
            throw error
        }
    }

    /// Ends a transaction that was left open without waiting for the answer, which is read before the next one begins.
    func endReading() { end(with: []) }

    /// Gives back what ``PostgresTurn`` took, without waiting for the answer.
    func run(withoutAnswer sql: String) { end(with: [.run(sql)]) }

    /// Takes a transaction back without waiting for the answer.
    func rollBack() { end(with: [.own(.rollback)]) }

    private func end(with commands: [PostgresCommand]) {
        guard !isBroken else { return }
        do throws(PostgresFailure) {
            for command in commands { try send(command) }
            guard PQpipelineSync(handle) == 1 else { throw PostgresFailure.lost(handle) }
            try PostgresAnswers.flush(handle, deadline: ContinuousClock.now + limits.queryTimeout)
            unreadEnds.append(commands.count)
        } catch {
            // Whoever has the connection next connects anew; the server has ended the transaction by itself.
            isBroken = true
        }
    }

    private func readEnds(by deadline: ContinuousClock.Instant) throws(PostgresFailure) {
        while let count = unreadEnds.first {
            _ = try PostgresAnswers.read(handle, count: count, hasMark: true, deadline: deadline)
            unreadEnds.removeFirst()
        }
    }

    private func send(_ command: PostgresCommand) throws(PostgresFailure) {
        let isSent =
            switch command {
            case .run(let sql):
                PQsendQueryParams(handle, sql, 0, nil, nil, nil, nil, 1)
            case .prepare(let sql, let name, let types):
                PQsendPrepare(handle, name, sql, Int32(types.count), types)
            case .describe(let name):
                PQsendDescribePrepared(handle, name)
            case .execute(let name, let arguments):
                arguments.withPointers { count, values, lengths, formats in
                    PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1)
                }
            }
        guard isSent == 1 else { throw PostgresFailure.lost(handle) }
    }

    /// After a refused statement the connection goes on; after anything else it does not.
    private func giveUp(after failure: PostgresFailure, cancels: Bool) {
        switch failure.kind {
        case .refused:
            if PQstatus(handle) != CONNECTION_OK { isBroken = true }
        case .lost:
            isBroken = true
        case .timedOut:
            isBroken = true
            if cancels { PostgresDialing.cancel(handle) }
        }
    }
}

extension PostgresConnection {
    /// The statement of a portable text.
    ///
    /// - Throws: ``HeddleError`` with `.internalError` for what is not portable.
    func statement(for text: String) throws(HeddleError) -> PostgresStatement {
        if let (statement, dropped) = statements.entry(for: text) {
            for other in dropped { unneeded += other.variants.map(\.name) }
            return statement
        }
        return PostgresStatement(sql: try PortableSQL(ofClosure: text))
    }

    /// What makes a new variant of a statement, and its name.
    func preparation(
        of text: String,
        for values: [StoreValue]
    ) -> (name: String, commands: [PostgresCommand]) {
        let name = "h\(nextName)"
        nextName += 1
        let isTypeless = textsOfTypelessNulls.contains(text)
        let types = values.map { value in
            value == .null && isTypeless ? PostgresType.number(for: .text("")) : PostgresType.number(for: value)
        }
        return (name, [.prepare(text, name: name, types: types), .describe(name)])
    }

    /// Keeps a variant that was prepared.
    func keep(
        _ variant: PostgresStatement.Variant,
        of statement: PostgresStatement,
        for text: String
    ) {
        var statement = statement
        if statement.variants.count >= PostgresStatement.maximumVariants {
            unneeded.append(statement.variants.removeFirst().name)
        }
        statement.variants.append(variant)
        for dropped in statements.insert(statement, for: text) { unneeded += dropped.variants.map(\.name) }
    }

    /// A variant was prepared that is not kept, because its first use failed.
    func drop(_ name: String) { unneeded.append(name) }

    /// What frees the statements that went, for the next exchange.
    func takeCleaning() -> [PostgresCommand] {
        guard !unneeded.isEmpty else { return [] }
        defer { unneeded = [] }
        return unneeded.map { .run("DEALLOCATE \($0)") }
    }

    /// From now on nulls in this text are text.
    ///
    /// - Returns: Whether they were not before.
    func noteTypelessNulls(in text: String) -> Bool {
        guard textsOfTypelessNulls.count < Self.statementCapacity else { return false }
        return textsOfTypelessNulls.insert(text).inserted
    }

    /// How many prepared statements the connection keeps.
    var statementCount: Int {
        statements.count
    }
}
