extension HeddleStore {
    /// The limits of a store.
    package struct Configuration: Sendable {
        /// The most writes that share one commit (`store.batch.max_items`).
        package var maximumBatch: Int
        /// How long a write waits for others to share its commit (`store.batch.max_delay_ms`).
        ///
        /// Zero is right for nearly everybody: while one group is on its way to the disk, the next gathers by itself.
        package var maximumDelay: Duration
        /// The most writes that may wait (`store.batch.max_queue`).
        package var maximumQueue: Int
        /// The number of connections that read.
        package var readers: Int
        /// The most reads that may wait for a connection.
        package var maximumWaitingReads: Int
        /// What only a database server has.
        package var database: Database

        /// Makes a configuration, by default the one for a server.
        package init(
            maximumBatch: Int = 100,
            maximumDelay: Duration = .zero,
            maximumQueue: Int = 10_000,
            readers: Int = 4,
            maximumWaitingReads: Int = 10_000,
            database: Database = Database()
        ) {
            self.maximumBatch = max(1, maximumBatch)
            self.maximumDelay = maximumDelay
            self.maximumQueue = max(1, maximumQueue)
            self.readers = max(1, readers)
            self.maximumWaitingReads = max(1, maximumWaitingReads)
            self.database = database
        }
    }
}

extension HeddleStore.Configuration {
    /// The limits of the connections to a PostgreSQL server.
    package struct Database: Sendable {
        /// The connections that stay open when there is nothing to do.
        package var minimumConnections = 5
        /// The most connections (`database.max_pool`), up to 1,000.
        package var maximumConnections = 20
        /// How long a closure waits for a connection.
        package var acquireTimeout = Duration.seconds(10)
        /// How long one attempt to connect takes.
        package var connectTimeout = Duration.seconds(10)
        /// How long the server works on a statement.
        package var statementTimeout = Duration.seconds(30)
        /// How long a closure waits for the answer to a statement before it is cancelled.
        package var queryTimeout = Duration.seconds(10)
        /// How long a connection above the minimum stays open without work.
        package var idleTimeout = Duration.seconds(10)
        /// The time between two looks for such connections.
        package var evictionInterval = Duration.seconds(1)
        /// A statement that takes longer is logged (`database.slow_query_ms`).
        package var slowQuery = Duration.seconds(1)
        /// How often a closure runs again because others changed what it read.
        package var maximumReruns = 20
        /// How often a closure runs again because its connection broke.
        package var maximumReconnects = 3
        /// The password, when the URL has none (`database.password`).
        package var password: String?
        /// The URLs of the read replicas (`database.replicas`).
        package var replicas: [String] = []
        /// A replica that is further behind is not read from (`database.replica_lag_ms`).
        package var replicaLag = Duration.seconds(1)

        /// Makes the limits for a server.
        package init(
            minimumConnections: Int = 5,
            maximumConnections: Int = 20
        ) {
            self.maximumConnections = min(max(1, maximumConnections), 1_000)
            self.minimumConnections = min(max(1, minimumConnections), self.maximumConnections)
        }
    }
}
