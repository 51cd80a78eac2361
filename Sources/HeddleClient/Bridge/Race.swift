/// Two pieces of work of which the first to end cancels the other.
enum Race {
    /// Runs an operation until it or its rival ends.
    static func first(
        _ operation: @escaping @Sendable () async -> Void,
        against rival: @escaping @Sendable () async -> Void
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await operation() }
            group.addTask { await rival() }
            await group.next()
            group.cancelAll()
        }
    }
}
