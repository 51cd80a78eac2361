import HeddleModel

/// Bounds the time of an operation that can be cancelled.
enum Deadline {
    static let passed = HeddleError(.deadlineExceeded, "the time for the call is over")

    /// Runs an operation and cancels it at a moment; what it gets all the same is given to `dropping`.
    ///
    /// - Throws: ``HeddleError`` with `deadlineExceeded` when the moment came first, `cancelled`, or what the operation throws.
    static func run<Value: Sendable>(
        until end: ContinuousClock.Instant,
        _ operation: @escaping @Sendable () async throws -> Value,
        dropping: @Sendable (Value) -> Void
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                try await Task.sleep(until: end)
                return nil
            }
            let first = await group.nextResult()
            group.cancelAll()
            let other = await group.nextResult()
            if case .success(let value?) = first { return value }
            if case .success(let value?) = other { dropping(value) }
            if case .failure(let error) = first {
                throw error is CancellationError ? HeddleError(.cancelled, "the caller went away") : error
            }
            throw passed
        }
    }
}
