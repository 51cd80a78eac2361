import Dispatch
import HeddleModel
import Logging
import Synchronization

/// The connections to one server, each with a thread of its own, and the closures that wait for one.
final class PostgresPool: Sendable {
    /// What the pool counts, besides what waits.
    struct Counts {
        var writes = 0
        var failedWrites = 0
        var reads = 0
        var commits = 0
        var waits = 0
        var reruns = 0
        var reconnects = 0
    }

    private struct State {
        var backlog = Backlog<any PostgresJob>()
        var waitingReads = 0
        var waitingWrites = 0
        /// All workers that run, by identity.
        var workers: [ObjectIdentifier: PostgresWorker] = [:]
        var connected = 0
        /// Those that have nothing to do, the one that is idle for longest first.
        var idle: [(worker: PostgresWorker, since: ContinuousClock.Instant)] = []
        var isClosed = false
        var closers: [CheckedContinuation<Void, Never>] = []
        /// Why there was no connection the last time.
        var lastFailure: (any Error)?
        var isExpiryPlanned = false
        var counts = Counts()
        var configuration: HeddleStore.Configuration
    }

    let address: PostgresAddress
    let limits: HeddleStore.Configuration.Database
    let logger: Logger
    /// Taken by a closure that lost more than once.
    let turn = PostgresTurn()
    private let queue = DispatchQueue(label: "heddle.store.pool")
    private let state: Mutex<State>

    init(
        _ address: PostgresAddress,
        configuration: HeddleStore.Configuration,
        logger: Logger
    ) {
        self.address = address
        self.logger = logger
        limits = configuration.database
        state = Mutex(State(configuration: configuration))
    }

    /// Opens the connections that stay open, without waiting for them.
    func start() {
        for _ in 0..<limits.minimumConnections { addWorker() }
        planEviction()
    }

    /// Takes other limits for what waits.
    func reconfigure(_ change: (inout HeddleStore.Configuration) -> Void) {
        state.withLock { change(&$0.configuration) }
    }

    /// Queues a closure for the next free connection and opens another one if there may be more.
    func submit(_ job: any PostgresJob) throws {
        enum Next {
            case handed
            case wait(isExpiryDue: Bool, needsWorker: Bool)
        }
        let next = try state.withLock { state -> Next in
            guard !state.isClosed else { throw HeddleError(.shuttingDown, "the store is closed") }
            if let free = state.idle.popLast() {
                // Under the lock: a pool that closes meanwhile finds the worker with a job, and does not stop it.
                free.worker.give(job)
                return .handed
            }
            try Self.checkRoom(for: job, &state)
            state.backlog.append(job)
            state.counts.waits += 1
            if job.isWrite { state.waitingWrites += 1 } else { state.waitingReads += 1 }
            let isExpiryDue = !state.isExpiryPlanned
            state.isExpiryPlanned = true
            // Connections that are being opened already are for those who wait for longer.
            let opening = state.workers.count - state.connected
            let needsWorker = state.workers.count < limits.maximumConnections && opening < state.backlog.count
            return .wait(isExpiryDue: isExpiryDue, needsWorker: needsWorker)
        }
        switch next {
        case .handed: break
        case .wait(let isExpiryDue, let needsWorker):
            if isExpiryDue { planExpiry(at: job.deadline) }
            if needsWorker { addWorker() }
        }
    }

    private static func checkRoom(for job: any PostgresJob, _ state: inout State) throws {
        let (count, limit, name) =
            job.isWrite
            ? (state.waitingWrites, state.configuration.maximumQueue, "store.batch.max_queue")
            : (state.waitingReads, state.configuration.maximumWaitingReads, "waiting_reads")
        guard count >= limit else { return }
        if job.isWrite { state.counts.failedWrites += 1 }
        throw HeddleError(
            .storeQueueFull,
            "too many \(job.isWrite ? "writes" : "reads") wait for the store",
            details: ["limit": name, "value": String(limit)]
        )
    }

    /// Refuses new closures, finishes those that wait, and closes the connections; may be called again.
    func close() async {
        await withCheckedContinuation { continuation in
            let workers = state.withLock { state -> [PostgresWorker] in
                state.isClosed = true
                state.idle = []
                guard !state.workers.isEmpty else { return [] }
                state.closers.append(continuation)
                return Array(state.workers.values)
            }
            guard !workers.isEmpty else { return continuation.resume() }
            for worker in workers { worker.wake() }
        }
    }

    /// What was counted, and what waits and works now.
    func report(into statistics: inout StoreStatistics) {
        state.withLock { state in
            statistics.queueDepth += state.waitingWrites
            statistics.waitingReads += state.waitingReads
            statistics.writes += state.counts.writes
            statistics.failedWrites += state.counts.failedWrites
            statistics.groups += state.counts.commits
            statistics.reads += state.counts.reads
            statistics.waits += state.counts.waits
            statistics.reruns += state.counts.reruns
            statistics.reconnects += state.counts.reconnects
            statistics.openConnections += state.connected
            statistics.idleConnections += state.idle.count
            statistics.busyConnections += state.connected - state.idle.count
        }
    }
}

// MARK: What workers ask and tell

extension PostgresPool {
    /// What a worker does next.
    enum Assignment {
        case job(any PostgresJob)
        /// Wait to be given something.
        case wait
        case stop
    }

    /// The job that waits for longest; a worker that finds none is idle from the same moment.
    func next(for worker: PostgresWorker) -> Assignment {
        state.withLock { state in
            if let job = Self.takeJob(&state) { return .job(job) }
            guard !state.isClosed else { return .stop }
            state.idle.append((worker, .now))
            return .wait
        }
    }

    private static func takeJob(_ state: inout State) -> (any PostgresJob)? {
        guard let job = state.backlog.take(1).first else { return nil }
        if job.isWrite { state.waitingWrites -= 1 } else { state.waitingReads -= 1 }
        return job
    }

    /// Whether a worker that could not connect is to try again.
    func isNeeded(_ worker: PostgresWorker) -> Bool {
        state.withLock { state in
            if !state.backlog.isEmpty { return true }
            return !state.isClosed && state.workers.count <= limits.minimumConnections
        }
    }

    func didConnect() {
        state.withLock { state in
            state.connected += 1
            if state.connected == state.workers.count { state.lastFailure = nil }
        }
    }

    func didDisconnect(isBreak: Bool) {
        state.withLock { state in
            state.connected -= 1
            if isBreak { state.counts.reconnects += 1 }
        }
    }

    func didFail(_ error: any Error) {
        state.withLock { $0.lastFailure = error }
    }

    func count(_ change: (inout Counts) -> Void) {
        state.withLock { change(&$0.counts) }
    }

    func didEnd(_ worker: PostgresWorker) {
        let closers = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.workers[ObjectIdentifier(worker)] = nil
            guard state.isClosed, state.workers.isEmpty else { return [] }
            defer { state.closers = [] }
            return state.closers
        }
        for closer in closers { closer.resume() }
    }

    private func addWorker() {
        let worker = PostgresWorker(pool: self)
        let isWanted = state.withLock { state in
            guard state.workers.count < limits.maximumConnections, !(state.isClosed && state.backlog.isEmpty) else {
                return false
            }
            state.workers[ObjectIdentifier(worker)] = worker
            return true
        }
        guard isWanted else { return }
        if !StoreThread.start({ worker.run() }) {
            didFail(StoreThread.SystemLimit())
            didEnd(worker)
        }
    }
}

// MARK: What time does

extension PostgresPool {
    private func planExpiry(at deadline: ContinuousClock.Instant) {
        let delay = max(.zero, deadline - .now)
        queue.asyncAfter(deadline: .now() + .nanoseconds(delay.nanoseconds)) { [weak self] in self?.expire() }
    }

    /// Fails what waited for too long, and comes back for what waits then.
    private func expire() {
        let (expired, next, error) = state.withLock { state in
            var expired: [any PostgresJob] = []
            while let job = state.backlog.first, job.deadline <= .now, let taken = Self.takeJob(&state) {
                expired.append(taken)
                if taken.isWrite { state.counts.failedWrites += 1 }
            }
            let next = state.backlog.first?.deadline
            state.isExpiryPlanned = next != nil
            return (expired, next, Self.reason(state))
        }
        for job in expired {
            job.fail(error)
            job.finish()
        }
        if let next { planExpiry(at: next) }
    }

    /// Why somebody got no connection: there is none to the database, or all are busy.
    private static func reason(_ state: State) -> HeddleError {
        if state.connected == 0 || (state.connected < state.workers.count && state.lastFailure != nil) {
            return HeddleError(.databaseUnavailable, "the database is not available", cause: state.lastFailure)
        }
        return HeddleError(
            .databasePoolExhausted,
            "every connection to the database was busy for too long",
            details: ["limit": "database.max_pool", "value": String(state.workers.count)],
            cause: state.lastFailure
        )
    }

    private func planEviction() {
        queue.asyncAfter(deadline: .now() + .nanoseconds(limits.evictionInterval.nanoseconds)) { [weak self] in
            self?.evict()
        }
    }

    /// Closes connections above the minimum that had nothing to do for long.
    private func evict() {
        let evicted = state.withLock { state -> [PostgresWorker]? in
            guard !state.isClosed else { return nil }
            let oldest = ContinuousClock.now - limits.idleTimeout
            let surplus = max(0, state.workers.count - limits.minimumConnections)
            let stale = state.idle.prefix(surplus).prefix { $0.since <= oldest }
            state.idle.removeFirst(stale.count)
            return stale.map(\.worker)
        }
        guard let evicted else { return }
        for worker in evicted { worker.stop() }
        planEviction()
    }
}
