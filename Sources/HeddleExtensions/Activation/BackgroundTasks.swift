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

    /// Hands in work; once ``run()`` was asked to end it is dropped, and the answer is false.
    @discardableResult
    package func add(_ operation: @escaping @Sendable () async -> Void) -> Bool {
        if case .enqueued = continuation.yield(operation) { return true }
        return false
    }

    /// Runs what is handed in until a graceful shutdown, and then until the rest is done.
    package func run() async {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for await operation in work {
                    group.addTask { await operation() }
                }
            }
        } onGracefulShutdown: {
            // Not before: a service that ends by itself ends the whole group with an error.
            self.continuation.finish()
        }
    }
}
