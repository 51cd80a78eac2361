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

        /// Makes a configuration, by default the one for a server.
        package init(
            maximumBatch: Int = 100,
            maximumDelay: Duration = .zero,
            maximumQueue: Int = 10_000,
            readers: Int = 4,
            maximumWaitingReads: Int = 10_000
        ) {
            self.maximumBatch = max(1, maximumBatch)
            self.maximumDelay = maximumDelay
            self.maximumQueue = max(1, maximumQueue)
            self.readers = max(1, readers)
            self.maximumWaitingReads = max(1, maximumWaitingReads)
        }
    }
}
