/// One step of the schema, applied once and recorded.
///
/// A migration that was shipped never changes and uses no types of the app, only text. To change the schema again, append one.
package struct Migration: Sendable, Hashable {
    /// The name it is recorded under, unique in the list, such as `0001_extensions`.
    package let name: String
    /// The statements for SQLite, separated by semicolons; prefer `STRICT` tables.
    package let sqlite: String
    /// The statements for PostgreSQL, where they differ.
    package let postgres: String?

    /// Makes a migration, with one text for both engines unless they differ.
    package init(
        name: String,
        sqlite: String,
        postgres: String? = nil
    ) {
        self.name = name
        self.sqlite = sqlite
        self.postgres = postgres
    }
}

extension Migration {
    /// The statements for an engine.
    func text(for dialect: StoreDialect) -> String {
        switch dialect {
        case .sqlite: sqlite
        case .postgres: postgres ?? sqlite
        }
    }

    /// The 64-bit FNV-1a hash of the text for an engine: it tells an edit, not an attack.
    func checksum(for dialect: StoreDialect) -> String {
        let hash = text(for: dialect).utf8
            .reduce(0xcbf2_9ce4_8422_2325 as UInt64) { hash, byte in
                (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
            }
        return String(hash, radix: 16)
    }
}
