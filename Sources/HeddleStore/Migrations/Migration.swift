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
