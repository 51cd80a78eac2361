import HeddleStore
import HeddleTelemetry

extension MetricsPage {
    private static let connections = MetricFamily(
        "heddle_database_connections",
        .gauge,
        help: "Open connections to the database server and its replicas.",
        labels: ["state"]
    )
    private static let queue = MetricFamily(
        "heddle_database_queue",
        .gauge,
        help: "Transactions that wait for their turn.",
        labels: ["kind"]
    )
    private static let reads = MetricFamily("heddle_database_reads_total", .counter, help: "Reads that finished.")
    private static let writes = MetricFamily(
        "heddle_database_writes_total",
        .counter,
        help: "Writes that finished, by outcome.",
        labels: ["outcome"]
    )
    private static let commits = MetricFamily(
        "heddle_database_commits_total",
        .counter,
        help: "Commits that reached the disk."
    )
    private static let waits = MetricFamily(
        "heddle_database_waits_total",
        .counter,
        help: "Transactions that had to wait for a connection."
    )
    private static let reruns = MetricFamily(
        "heddle_database_reruns_total",
        .counter,
        help: "Transactions that ran again because others changed what they had read."
    )
    private static let reconnects = MetricFamily(
        "heddle_database_reconnects_total",
        .counter,
        help: "Connections that broke and were made anew."
    )
    private static let replicaReads = MetricFamily(
        "heddle_database_replica_reads_total",
        .counter,
        help: "Reads that a replica answered."
    )
    private static let logBytes = MetricFamily(
        "heddle_database_log_bytes",
        .gauge,
        help: "Size of SQLite's log."
    )

    /// What is told of the database; what its engine does not have is zero.
    static let database = [
        connections, queue, reads, writes, commits, waits, reruns, reconnects, replicaReads, logBytes,
    ]

    /// Writes what the store counts.
    func writeDatabase(_ text: inout PrometheusText) {
        let statistics = services.store.statistics
        text.begin(Self.connections)
        text.add(["idle"], statistics.idleConnections)
        text.add(["in_use"], statistics.busyConnections)
        text.begin(Self.queue)
        text.add(["read"], statistics.waitingReads)
        text.add(["write"], statistics.queueDepth)
        text.begin(Self.reads)
        text.add([], statistics.reads)
        text.begin(Self.writes)
        text.add(["acknowledged"], statistics.writes)
        text.add(["failed"], statistics.failedWrites)
        for (family, count) in [
            (Self.commits, statistics.groups), (Self.waits, statistics.waits), (Self.reruns, statistics.reruns),
            (Self.reconnects, statistics.reconnects), (Self.replicaReads, statistics.replicaReads),
            (Self.logBytes, statistics.logBytes),
        ] {
            text.begin(family)
            text.add([], count)
        }
    }
}
