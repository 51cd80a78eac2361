import HeddleModel

/// What a database is and has.
package struct StoreReport: Sendable, Hashable {
    /// One step of the schema.
    package struct Step: Sendable, Hashable {
        /// Its name.
        package let name: String
        /// Whether the database has it.
        package let isApplied: Bool
    }

    /// Something worth knowing of a database, by a name of the wire.
    package struct Fact: Sendable, Hashable {
        /// Lower case, with `_` between words.
        package let name: String
        /// What it is.
        package let value: String

        init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The engine with its version, such as `SQLite 3.40.1`.
    package let version: String
    /// The version of the library that talks to a server; nil when the engine is one.
    package let library: String?
    /// How much the database has, in bytes.
    package let bytes: Int
    /// The shipped migrations in their order, and behind them what else the database has.
    package let migrations: [Step]
    /// Journal, connections and the like.
    package let facts: [Fact]

    /// The migrations that the database does not have yet.
    package var missing: [String] { migrations.filter { !$0.isApplied }.map(\.name) }
}

/// One thing that was looked at in a database.
package struct StoreFinding: Sendable, Hashable {
    /// What was looked at.
    package let name: String
    /// Whether it is as it should be.
    package let isFine: Bool
    /// What it is, or what is wrong.
    package let detail: String

    init(_ name: String, _ isFine: Bool, _ detail: String) {
        self.name = name
        self.isFine = isFine
        self.detail = detail
    }

    /// A finding that is fine when nothing was found.
    init(_ name: String, wrong: [String], otherwise: String) {
        self.init(name, wrong.isEmpty, wrong.isEmpty ? otherwise : wrong.joined(separator: "; "))
    }
}

extension MigrationHistory {
    /// The shipped migrations, and those of the database that were not shipped.
    static func steps(
        _ applied: [Record],
        _ migrations: [Migration]
    ) -> [StoreReport.Step] {
        let names = Set(applied.map(\.name))
        let known = Set(migrations.map(\.name))
        return migrations.map { StoreReport.Step(name: $0.name, isApplied: names.contains($0.name)) }
            + applied.filter { !known.contains($0.name) }.map { StoreReport.Step(name: $0.name, isApplied: true) }
    }

    /// Whether what was applied is the list.
    static func finding(
        _ applied: [Record],
        _ migrations: [Migration],
        for dialect: StoreDialect
    ) -> StoreFinding {
        do {
            try check(applied, against: migrations, for: dialect)
        } catch {
            return StoreFinding("migrations", false, "\(error.message): \(error.details["migration"] ?? "")")
        }
        let missing = migrations.dropFirst(applied.count).map(\.name)
        return StoreFinding(
            "migrations",
            wrong: missing.map { "\($0) is not applied" },
            otherwise: "all \(migrations.count) are applied and unchanged"
        )
    }
}
