/// The database that a transaction talks to, for the rare statement whose text has to differ.
package enum StoreDialect: Sendable, Hashable {
    /// The embedded engine.
    case sqlite
    /// A database server.
    case postgres
}
