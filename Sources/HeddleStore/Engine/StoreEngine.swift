/// A database that can stand behind ``HeddleStore``: the seam between SQLite and PostgreSQL.
///
/// The contract tests are its specification.
protocol StoreEngine: Sendable {
    /// Runs a closure on one snapshot, off the cooperative pool.
    func read<T: Sendable>(
        _ consistency: ReadConsistency,
        _ body: @escaping @Sendable (ReadTransaction) throws -> T
    ) async throws -> T
    /// Runs a closure in a transaction, perhaps more than once, and returns when it is durable.
    func write<T: Sendable>(_ body: @escaping @Sendable (WriteTransaction) throws -> T) async throws -> T
    /// Takes other limits for writes, from the next one on.
    func reconfigure(_ change: (inout HeddleStore.Configuration) -> Void)
    /// Finishes what was accepted and closes the database; may be called again.
    func close() async
    /// Counts since the engine was opened.
    var statistics: StoreStatistics { get }
}
