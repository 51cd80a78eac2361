import HeddleModel
import Logging

/// A connection while a closure has it: the transaction begins with its first statement.
final class PostgresSession: StoreSession {
    let dialect = StoreDialect.postgres
    let connection: PostgresConnection
    let isWrite: Bool
    /// The first error of a statement, which loses the transaction.
    private(set) var failure: (any Error)?
    /// What the server or the connection said, when that was the error.
    private(set) var fault: PostgresFailure?
    /// What can be done about it.
    private(set) var remedy = PostgresFailure.Remedy.none
    /// Whether the server has a transaction of this session.
    private(set) var hasBegun = false
    /// The number of the transaction, from its first change on.
    private(set) var transaction: Int64?
    /// Whether a statement was answered, so that what the closure does next may hang on what it saw.
    private var hasLooked = false
    private var isLent = false

    init(
        connection: PostgresConnection,
        isWrite: Bool
    ) {
        self.connection = connection
        self.isWrite = isWrite
    }

    /// Lends the session to a closure, and takes it back: a transaction that was kept does nothing afterwards.
    ///
    /// - Throws: what the closure throws; the error of a statement that failed, even when the closure swallowed it.
    func lend<T>(_ body: () throws -> T) throws -> T {
        isLent = true
        defer { isLent = false }
        let result = try body()
        if let failure { throw failure }
        return result
    }

    func query(
        _ sql: String,
        _ arguments: [StoreValue]
    ) throws -> [Row] {
        try run(sql, arguments) { result, variant in try result.rows(variant.layout, variant.columns) }
    }

    func execute(
        _ sql: String,
        _ arguments: [StoreValue]
    ) throws -> Int {
        try run(sql, arguments) { result, _ in result.changes }
    }

    func execute(
        _ sql: String,
        forEach rows: [[StoreValue]]
    ) throws -> [Int] {
        try rows.map { try execute(sql, $0) }
    }

    private func run<T>(
        _ sql: String,
        _ arguments: [StoreValue],
        _ body: (PostgresResult, PostgresStatement.Variant) throws -> T
    ) throws -> T {
        guard isLent else { throw failure ?? HeddleError(.internalError, "the transaction is over") }
        if let failure { throw failure }
        do {
            let statement = try connection.statement(for: sql)
            guard isWrite || !statement.mayWrite || statement.sql.keyword == "WITH" else {
                throw HeddleError(.internalError, "a read transaction cannot write")
            }
            guard arguments.count == statement.sql.parameterCount else {
                throw HeddleError(.internalError, "a statement was given the wrong number of arguments")
            }
            let (result, variant) = try answer(sql, statement, arguments)
            return try body(result, variant)
        } catch let error as PostgresFailure {
            throw note(error, of: sql, arguments)
        } catch {
            failure = error
            throw error
        }
    }

    /// Runs a statement, with all that has to go before and after it in the same round trip.
    private func answer(
        _ sql: String,
        _ statement: PostgresStatement,
        _ arguments: [StoreValue]
    ) throws -> (PostgresResult, PostgresStatement.Variant) {
        let known = statement.variants.first { $0.takes(arguments) }
        let encoded = try PostgresArguments(arguments, types: known?.arguments ?? [])
        var commands: [PostgresCommand] = []
        if !hasBegun {
            // A read needs no BEGIN: until its end the server takes what it is sent for one transaction.
            commands = (isWrite ? [.own(.beginWriting)] : []) + connection.takeCleaning()
        }
        var name = known?.name ?? ""
        if known == nil {
            let preparation = connection.preparation(of: sql, for: arguments)
            name = preparation.name
            commands += preparation.commands
        }
        commands.append(.execute(name, encoded))
        let position = commands.count - 1
        let asksForTransaction = isWrite && transaction == nil && statement.mayWrite
        if asksForTransaction { commands.append(.own(.transaction)) }
        // From here on there may be a transaction to end, whatever comes back.
        hasBegun = true
        let begin = ContinuousClock.now
        let results: [PostgresResult]
        do throws(PostgresFailure) {
            results = try connection.exchange(
                commands,
                isOpen: !isWrite,
                timeout: connection.limits.queryTimeout
            )
        } catch {
            // What is prepared outlives the transaction, also one that failed.
            if known == nil, let answers = error.answers, answers >= position - 1 { connection.drop(name) }
            throw error
        }
        hasLooked = true
        logIfSlow(sql, ContinuousClock.now - begin)
        if asksForTransaction { note(results[position + 1]) }
        let variant: PostgresStatement.Variant
        if let known {
            variant = known
        } else {
            let description = results[position - 1]
            variant = PostgresStatement.Variant(
                name: name,
                arguments: description.argumentTypes,
                columns: description.columnTypes,
                layout: Row.Layout(names: description.columnNames)
            )
            connection.keep(variant, of: statement, for: sql)
        }
        return (results[position], variant)
    }

    /// Keeps the number of the transaction, if it has one by now.
    private func note(_ answer: PostgresResult?) {
        if case .integer(let number)? = answer?.value(0, 0, .unsigned8) { transaction = number }
    }

    private func note(
        _ error: PostgresFailure,
        of sql: String,
        _ arguments: [StoreValue]
    ) -> any Error {
        fault = error
        remedy = error.remedy(isWrite: isWrite)
        // "could not determine data type of parameter": what is compared with nothing else is text.
        let isTypeless = error.kind == .refused(state: "42P18") || error.kind == .refused(state: "42P08")
        if isTypeless, arguments.contains(.null), connection.noteTypelessNulls(in: sql) {
            remedy = .rerun
        }
        // Somebody may have taken the key since the transaction's snapshot, in which the closure found it free.
        if isWrite, hasLooked, error.isTaken { remedy = .rerunOnce }
        let translated = error.translated(isWrite: isWrite)
        failure = translated
        return translated
    }

    private func logIfSlow(
        _ sql: String,
        _ duration: Duration
    ) {
        guard duration >= connection.limits.slowQuery else { return }
        connection.logger.warning(
            "a statement was slow",
            metadata: ["sql": "\(sql)", "duration_ms": "\(Int(duration / .milliseconds(1)))"]
        )
    }
}

extension PostgresSession {
    /// Ends the transaction without a trace, if there is one.
    func abandon() {
        guard hasBegun else { return }
        if isWrite { connection.rollBack() } else { connection.endReading() }
    }

    /// Makes the changes durable; returns after the server has them on its disk.
    ///
    /// - Throws: ``PostgresFailure``; of the kinds `lost` and `timedOut` when nobody can tell.
    func commit() throws(PostgresFailure) {
        guard hasBegun else { return }
        // A function that a SELECT calls may have changed something, too; what has no number after this changed nothing.
        if transaction == nil {
            let answer = try connection.exchange([.own(.transaction)], timeout: connection.limits.queryTimeout)
            note(answer.first)
        }
        let begin = ContinuousClock.now
        // A commit that waits for standbys and is cancelled is made all the same, and without them.
        let results = try connection.exchange([.own(.commit)], cancels: false, timeout: connection.limits.queryTimeout)
        logIfSlow("COMMIT", ContinuousClock.now - begin)
        guard results.first?.command == "COMMIT" else {
            throw PostgresFailure(kind: .refused(state: "25P02"), message: "the server rolled back")
        }
        guard !connection.notices.hasUnreplicatedCommit else {
            connection.markBroken()
            throw PostgresFailure(kind: .lost, message: "the commit may not have reached the standbys")
        }
    }
}
