import HeddleModel

/// Bounds the time of an operation that can be cancelled.
enum Deadline {
    static let passed = HeddleError(.deadlineExceeded, "the time for the call is over")

    /// Runs an operation and cancels it at a moment.
    ///
    /// - Throws: ``HeddleError`` with `deadlineExceeded` when the moment came first, or what the operation throws.
    static func run<Value: Sendable>(
        until end: ContinuousClock.Instant,
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                try await Task.sleep(until: end)
                return nil
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() ?? nil else { throw passed }
            return value
        }
    }
}
