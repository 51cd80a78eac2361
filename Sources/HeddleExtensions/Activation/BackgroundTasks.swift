import ServiceLifecycle

/// Runs work that no single caller owns, and waits for starts and stops that a pool has begun.
///
/// Work is handed in from anywhere and runs as a child of ``run()``; it is cancelled with it, but for starts and stops, which
/// it only awaits.
package final class BackgroundTasks: Service {
    private let work: AsyncStream<@Sendable () async -> Void>
    private let continuation: AsyncStream<@Sendable () async -> Void>.Continuation

    package init() {
        // Unbounded on purpose: every producer is bounded itself, by one start, stop or list of tools an instance.
        (work, continuation) = AsyncStream.makeStream()
    }

    /// Hands in work; after ``finish()`` it is dropped, and the answer is false.
    @discardableResult
    package func add(_ operation: @escaping @Sendable () async -> Void) -> Bool {
        if case .enqueued = continuation.yield(operation) { return true }
        return false
    }

    /// Takes no more work; ``run()`` returns when the rest is done.
    package func finish() {
        continuation.finish()
    }

    package func run() async {
        await withDiscardingTaskGroup { group in
            for await operation in work {
                group.addTask { await operation() }
            }
        }
    }
}
