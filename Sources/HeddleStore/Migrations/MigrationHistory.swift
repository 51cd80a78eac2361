import HeddleModel

/// What a database has of the list of migrations.
enum MigrationHistory {
    /// A migration that was applied.
    struct Record {
        let name: String
        let checksum: String
    }

    /// What does not fit between the list and the database; only logs see it.
    enum Fault: Error {
        case namesRepeat
        case foreignKeysBroken(migration: String)
        case transactionLost(migration: String)
    }

    /// - Throws: ``HeddleError`` with `.internalError` when two migrations have one name.
    static func checkNames(of migrations: [Migration]) throws(HeddleError) {
        guard Set(migrations.map(\.name)).count == migrations.count else {
            throw HeddleError(.internalError, "two migrations have the same name", cause: Fault.namesRepeat)
        }
    }

    /// Holds what was applied against the list.
    ///
    /// - Throws: ``HeddleError`` with `.internalError` when the database has a migration that is not in the list, or
    ///   one that reads otherwise there.
    static func check(
        _ applied: [Record],
        against migrations: [Migration],
        for dialect: StoreDialect
    ) throws(HeddleError) {
        for (position, record) in applied.enumerated() {
            guard position < migrations.count, migrations[position].name == record.name else {
                throw HeddleError(
                    .internalError,
                    "the database was written by another version of Heddle, most likely a newer one",
                    details: ["migration": record.name]
                )
            }
            guard migrations[position].checksum(for: dialect) == record.checksum else {
                throw HeddleError(
                    .internalError,
                    "a migration that the database has already was changed",
                    details: ["migration": record.name]
                )
            }
        }
    }
}
