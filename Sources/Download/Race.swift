/// Work that somebody watches.
enum Race {
    /// Does some work until it ends or the watch throws; then the work is cancelled and awaited.
    ///
    /// - Throws: what the work or the watch throws.
    static func run<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value,
        watchedBy watch: @escaping @Sendable () async throws -> Never
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await work() }
            group.addTask { try await watch() }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }
}
