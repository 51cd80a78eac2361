import HeddleModel
package import HeddleStore

extension ConfigurationOption {
    /// Where everything is kept when it is not in the data directory.
    static let database: [ConfigurationOption] = [
        .init(
            key: "database.url",
            kind: .text(pattern: ("^(postgres(ql)?://.+)?$", "a URL such as postgres://user@host/database")),
            standard: "",
            summary: "The PostgreSQL database that keeps everything; SQLite in the data directory when empty.",
            effect: .restart,
            flag: "--database",
            isSecret: true
        ),
        .init(
            key: "database.password",
            kind: .text(),
            standard: "",
            summary:
                "The password, when the URL has none; an environment or a file keeps it from the list of processes.",
            effect: .restart,
            isSecret: true
        ),
        .init(
            key: "database.replicas",
            kind: .list,
            standard: "",
            summary: "URLs of streaming replicas, which answer reads that may be a little behind.",
            effect: .restart,
            isSecret: true
        ),
        .init(
            key: "database.replica_lag_ms",
            kind: .integer(1...3_600_000),
            standard: "1000",
            summary: "How far a replica may be behind to be read from.",
            effect: .restart
        ),
        .init(
            key: "database.min_pool",
            kind: .integer(1...1000),
            standard: "5",
            summary: "Connections that stay open.",
            effect: .restart
        ),
        .init(
            key: "database.max_pool",
            kind: .integer(1...1000),
            standard: "20",
            summary: "Connections at most.",
            effect: .restart
        ),
        timeout("acquire", 10_000, "How long a transaction waits for a connection."),
        timeout("connect", 10_000, "How long one attempt to connect takes."),
        timeout("statement", 30_000, "How long the database works on one statement."),
        timeout("query", 10_000, "How long the answer to a statement is waited for before it is cancelled."),
        timeout("idle", 10_000, "How long a connection above the least number stays open without work."),
        .init(
            key: "database.evict_interval_ms",
            kind: .integer(10...3_600_000),
            standard: "1000",
            summary: "How often such connections are looked for.",
            effect: .restart
        ),
        .init(
            key: "database.slow_query_ms",
            kind: .integer(1...3_600_000),
            standard: "1000",
            summary: "A statement that takes longer is logged, without its values.",
            effect: .restart
        ),
    ]

    private static func timeout(_ name: String, _ standard: Int, _ summary: String) -> ConfigurationOption {
        .init(
            key: "database.\(name)_timeout_ms",
            kind: .integer(1...3_600_000),
            standard: String(standard),
            summary: summary,
            effect: .restart
        )
    }
}

extension ServerConfiguration {
    /// The limits of the store, whichever engine it has.
    var store: HeddleStore.Configuration {
        var database = HeddleStore.Configuration.Database(
            minimumConnections: integer("database.min_pool"),
            maximumConnections: integer("database.max_pool")
        )
        func duration(_ name: String) -> Duration { .milliseconds(integer("database.\(name)_ms")) }
        database.acquireTimeout = duration("acquire_timeout")
        database.connectTimeout = duration("connect_timeout")
        database.statementTimeout = duration("statement_timeout")
        database.queryTimeout = duration("query_timeout")
        database.idleTimeout = duration("idle_timeout")
        database.evictionInterval = duration("evict_interval")
        database.slowQuery = duration("slow_query")
        database.replicaLag = duration("replica_lag")
        database.replicas = list("database.replicas")
        let password = text("database.password")
        database.password = password.isEmpty ? nil : password
        return HeddleStore.Configuration(
            maximumBatch: integer("store.batch.max_items"),
            maximumDelay: .milliseconds(integer("store.batch.max_delay_ms")),
            maximumQueue: integer("store.batch.max_queue"),
            database: database
        )
    }

    /// Where the database is.
    package var storePlace: StorePlace {
        databaseURL.map { .server(url: $0, store) } ?? .directory(dataDirectory)
    }

    /// The URL of the database; nil for the one in the data directory.
    var databaseURL: String? {
        let url = text("database.url")
        return url.isEmpty ? nil : url
    }
}
