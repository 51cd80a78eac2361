import CPostgres
import HeddleModel

/// A statement or a connection that failed, as libpq tells it; only logs see it.
struct PostgresFailure: Error {
    /// What failed.
    enum Kind: Sendable, Hashable {
        /// The server refused a statement, with the code of the standard.
        case refused(state: String)
        /// The connection broke.
        case lost
        /// There was no answer in time.
        case timedOut
    }

    /// What can be done about it before anything was committed.
    enum Remedy: Sendable, Hashable {
        /// Nothing: the caller is told.
        case none
        /// The same again: somebody else was in between.
        case rerun
        /// The same again, and when it fails in the same way the caller is told.
        case rerunOnce
        /// The same again on a new connection.
        case reconnect
    }

    let kind: Kind
    let message: String
    /// The table whose rule was broken.
    var table: String?
    /// The server's function that refused, which unlike the message is in no language.
    private var routine: String?
    /// How many commands of the exchange were answered before.
    var answers: Int?

    /// A connection that broke, with libpq's words.
    static func lost(_ handle: OpaquePointer) -> PostgresFailure {
        PostgresFailure(kind: .lost, message: text(PQerrorMessage(handle)))
    }

    /// A statement that was refused.
    init(result: OpaquePointer) {
        let state = Self.field(result, "C")
        kind = state.isEmpty ? .lost : .refused(state: state)
        message = Self.text(PQresultErrorMessage(result))
        table = Self.field(result, "t")
        if table?.isEmpty == true { table = nil }
        routine = Self.field(result, "R")
    }

    init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }

    private static func field(_ result: OpaquePointer, _ code: Unicode.Scalar) -> String {
        PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) } ?? ""
    }

    private static func text(_ message: UnsafePointer<CChar>?) -> String {
        guard let message else { return "" }
        return String(String(cString: message).prefix { $0 != "\n" })
    }
}

extension PostgresFailure {
    /// What can be done about it; a write that meets a server without writes looks for another one.
    func remedy(isWrite: Bool) -> Remedy {
        switch kind {
        case .lost: .reconnect
        case .timedOut: .none
        case .refused("40001"), .refused("40P01"): .rerun
        case .refused("25006") where isWrite: .reconnect
        // A statement that was prepared before the schema changed, or that somebody dropped.
        case .refused("0A000") where routine == "RevalidateCachedQuery": .reconnect
        case .refused("26000"): .reconnect
        case .refused(let state): Self.isGoingAway(state) ? .reconnect : .none
        }
    }

    /// Whether another row has the key already.
    var isTaken: Bool {
        guard case .refused(let state) = kind else { return false }
        return Self.constraint(state) == .unique
    }

    /// The server ends this connection, or all of them.
    private static func isGoingAway(_ state: String) -> Bool {
        state.hasPrefix("08") || state == "57P01" || state == "57P02" || state == "57P03" || state == "57P05"
            || state == "25P03" || state == "25P04"
    }

    /// The error that leaves the store.
    func translated(isWrite: Bool) -> any Error {
        switch kind {
        case .lost:
            return unavailable
        case .timedOut:
            return HeddleError(.deadlineExceeded, "the database did not answer in time", cause: self)
        case .refused(let state):
            if let kind = Self.constraint(state) { return StoreConstraintViolation(kind: kind, table: table) }
            // The server that is reached takes no writes, and none that does was found.
            if state == "25006", isWrite { return unavailable }
            return error(for: state)
        }
    }

    private func error(for state: String) -> HeddleError {
        switch state {
        case "57014":
            HeddleError(.deadlineExceeded, "the database did not answer in time", cause: self)
        case "53100":
            HeddleError(.storageFull, "the disk of the database is full", cause: self)
        case "40001", "40P01":
            HeddleError(.overloaded, "other writes were in the way of this one too often", cause: self)
        case _ where Self.isGoingAway(state) || state == "53300":
            unavailable
        case _:
            HeddleError(.internalError, "the store failed", cause: self)
        }
    }

    private var unavailable: HeddleError {
        HeddleError(.databaseUnavailable, "the database is not available", cause: self)
    }

    private static func constraint(_ state: String) -> StoreConstraintViolation.Kind? {
        switch state {
        case "23505", "23P01": .unique
        case "23503", "23001": .foreignKey
        case "23502": .notNull
        // What STRICT refuses on SQLite, PostgreSQL refuses as a value out of range or of the wrong form.
        case "23514", "P0001", "22003", "22P02": .check
        case _: nil
        }
    }
}
