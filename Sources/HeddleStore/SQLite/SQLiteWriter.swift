import Dispatch
import HeddleModel
import Synchronization

/// The one writer: concurrent writes queue here and share commits.
///
/// The queue is drained on a dispatch queue of its own, so no caller's cancellation reaches a commit.
final class SQLiteWriter: Sendable {
    private enum Phase {
        /// Nothing waits. Goes to `gathering` or `draining` with the first write.
        case idle
        /// Writes wait for company. Goes to `draining` when the delay passed or the batch is full.
        case gathering
        /// A group is on its way. Goes to `idle` when nothing waits.
        case draining
    }

    private struct State {
        var backlog = Backlog<any WriteJob>()
        var phase = Phase.idle
        var isClosed = false
        var statistics = StoreStatistics()
        var configuration: HeddleStore.Configuration
    }

    private let connection: SQLiteConnection
    /// Called on the writer after each group.
    private let didCommit: @Sendable () -> Void
    private let queue = DispatchQueue(label: "heddle.store.write")
    private let state: Mutex<State>

    init(
        connection: SQLiteConnection,
        configuration: HeddleStore.Configuration,
        didCommit: @escaping @Sendable () -> Void
    ) {
        self.connection = connection
        state = Mutex(State(configuration: configuration))
        self.didCommit = didCommit
    }

    /// Takes other limits; writes that wait already stay in the queue.
    func reconfigure(_ change: (inout HeddleStore.Configuration) -> Void) {
        state.withLock { change(&$0.configuration) }
    }

    /// Queues a write, and returns when its group is on the disk.
    func write<T: Sendable>(
        _ body: @escaping @Sendable (WriteTransaction) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { caller in
            let job = WriteRequest(caller: caller, body: body)
            do {
                try enqueue(job)
            } catch {
                job.fail(error)
                job.finish()
            }
        }
    }

    var statistics: StoreStatistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.queueDepth = state.backlog.count
            return statistics
        }
    }

    /// Refuses new writes and finishes those that wait.
    func close() async {
        state.withLock { $0.isClosed = true }
        await withCheckedContinuation { continuation in
            queue.async {
                self.drain()
                continuation.resume()
            }
        }
    }

    private func enqueue(_ job: any WriteJob) throws {
        let wake = try state.withLock { state in
            guard !state.isClosed else { throw HeddleError(.shuttingDown, "the store is closed") }
            guard state.backlog.count < state.configuration.maximumQueue else {
                state.statistics.failedWrites += 1
                throw HeddleError(
                    .storeQueueFull,
                    "too many writes wait for the store",
                    details: ["limit": "store.batch.max_queue", "value": String(state.configuration.maximumQueue)]
                )
            }
            state.backlog.append(job)
            return next(&state)
        }
        wake?()
    }

    /// Decides, after a write was queued, what wakes the writer.
    private func next(_ state: inout State) -> (@Sendable () -> Void)? {
        switch state.phase {
        case .draining:
            return nil
        case .gathering where state.backlog.count < state.configuration.maximumBatch:
            return nil
        case .idle where state.configuration.maximumDelay > .zero && state.configuration.maximumBatch > 1:
            state.phase = .gathering
            let delay = DispatchTimeInterval.nanoseconds(state.configuration.maximumDelay.nanoseconds)
            return { self.queue.asyncAfter(deadline: .now() + delay, execute: self.drain) }
        case .idle, .gathering:
            state.phase = .draining
            return { self.queue.async(execute: self.drain) }
        }
    }

    /// Commits groups until nothing waits; on ``queue`` only.
    @Sendable
    private func drain() {
        while true {
            let jobs = state.withLock { state in
                let jobs = state.backlog.take(state.configuration.maximumBatch)
                state.phase = jobs.isEmpty ? .idle : .draining
                return jobs
            }
            guard !jobs.isEmpty else { return }
            let outcome = connection.perform { SQLiteGroup(jobs: jobs, session: $0).run() }
            state.withLock { state in
                state.statistics.groups += outcome.commits
                state.statistics.writes += outcome.written
                state.statistics.failedWrites += jobs.count - outcome.written
                state.statistics.regroupedGroups += outcome.wasRegrouped ? 1 : 0
            }
            for job in jobs {
                job.finish()
            }
            didCommit()
        }
    }
}
