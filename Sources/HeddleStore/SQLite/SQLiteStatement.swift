import GRDB

/// A prepared statement with what is known of it.
struct SQLiteStatement {
    let sql: PortableSQL
    let statement: Statement
    let layout: Row.Layout
}
