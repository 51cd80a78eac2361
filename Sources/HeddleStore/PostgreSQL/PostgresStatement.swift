/// What a portable text is prepared as on one connection.
struct PostgresStatement {
    /// One form of it, by the types that its arguments have.
    struct Variant {
        let name: String
        let arguments: [PostgresType]
        let columns: [PostgresType]
        let layout: Row.Layout

        /// Whether it can be given these values.
        func takes(_ values: [StoreValue]) -> Bool {
            guard values.count == arguments.count else { return false }
            for (type, value) in zip(arguments, values) where !type.takes(value) { return false }
            return true
        }
    }

    let sql: PortableSQL
    /// Nearly always one: a null fits any type, and the server tells the types it found for nulls.
    var variants: [Variant] = []

    /// Whether the statement may change rows.
    var mayWrite: Bool {
        !Self.readingWords.contains(sql.keyword)
    }

    /// More forms than this of one text push out the first.
    static let maximumVariants = 8
    private static let readingWords: Set<String> = ["SELECT", "VALUES", "TABLE", "EXPLAIN", "SHOW"]
}

/// One step of an exchange with the server.
enum PostgresCommand {
    /// A statement without arguments that is not kept.
    case run(String)
    /// Names a statement.
    case prepare(String, name: String, types: [UInt32])
    /// Asks for the types of a statement.
    case describe(String)
    case execute(String, PostgresArguments)

    /// The store's own statements, which every connection has prepared.
    enum Own: String, CaseIterable {
        case beginWriting = "heddle_write"
        case commit = "heddle_commit"
        case rollback = "heddle_rollback"
        /// The number of the transaction, once it has changed something.
        case transaction = "heddle_transaction"

        var text: String {
            switch self {
            // What closures decide on what they read holds as if they ran one after the other, as on SQLite.
            case .beginWriting: "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE"
            case .commit: "COMMIT"
            case .rollback: "ROLLBACK"
            case .transaction: "SELECT pg_current_xact_id_if_assigned()"
            }
        }
    }

    /// One of the store's own statements.
    static func own(_ statement: Own) -> PostgresCommand {
        .execute(statement.rawValue, PostgresArguments())
    }
}
