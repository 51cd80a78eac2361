/// Counts of a store since it was opened, for metrics and tests.
package struct StoreStatistics: Sendable, Hashable {
    /// Writes that wait now.
    package var queueDepth = 0
    /// Reads that wait for a connection now.
    package var waitingReads = 0
    /// Commits that reached the disk, each with one write or more.
    package var groups = 0
    /// Writes that were acknowledged.
    package var writes = 0
    /// Writes whose caller got an error.
    package var failedWrites = 0
    /// Groups that lost their transaction, and whose members ran again one by one.
    package var regroupedGroups = 0
    /// Reads that finished, with a value or an error.
    package var reads = 0
    /// Checkpoints that moved pages from the log into the database file.
    package var checkpoints = 0
    /// Checkpoints that also made the log start over, because it had grown far.
    package var restartingCheckpoints = 0
    /// Checkpoints that also cut the file of the log, because it had grown very far.
    package var truncatingCheckpoints = 0
    /// The size in bytes of the log after the last commit or checkpoint.
    package var logBytes = 0
    /// Connections to a database server that are open now; replicas included, as in the counts that follow.
    package var openConnections = 0
    /// Open connections without work.
    package var idleConnections = 0
    /// Open connections with work.
    package var busyConnections = 0
    /// Closures that had to wait for a connection.
    package var waits = 0
    /// Closures that ran again because others changed what they had read.
    package var reruns = 0
    /// Connections that broke and were made anew.
    package var reconnects = 0
    /// Eventual reads that a replica answered.
    package var replicaReads = 0
}
