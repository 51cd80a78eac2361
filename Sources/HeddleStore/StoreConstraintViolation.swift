/// A statement that would have broken a rule of the schema.
///
/// Repositories catch it, branch on ``kind`` and throw the error of their noun. The transaction is lost with it.
package struct StoreConstraintViolation: Error, Sendable, Hashable {
    /// The rules that a schema can have.
    package enum Kind: Sendable, Hashable, CaseIterable {
        /// A primary key or a unique index has the value already.
        case unique
        /// The row that is referred to is missing, or the row that goes is referred to.
        case foreignKey
        /// A `CHECK`, a column type or a trigger refused the value.
        case check
        /// The column takes no null.
        case notNull
    }

    /// The rule that was broken.
    package let kind: Kind
    /// The table, when the engine tells; SQLite does not for foreign keys and checks.
    package let table: String?

    /// Makes a violation, for engines and for tests of those who branch on it.
    package init(
        kind: Kind,
        table: String? = nil
    ) {
        self.kind = kind
        self.table = table
    }
}
