import HeddleModel

/// The rules of an ``InstancePool``, without locks, clocks or processes.
struct InstancePoolState {
    typealias Waiter = CheckedContinuation<ExtensionInstance, any Error>

    private enum Phase {
        /// No process. Can go to `starting` or `closed`.
        case idle
        /// The start of this number is under way. Can go to `ready`, `idle` or `closed`.
        case starting(Int)
        /// A process takes calls. Can go to `idle` or `closed`.
        case ready(ExtensionInstance)
        /// None is wanted. Can go to `idle`.
        case closed
    }

    enum Next {
        case use(ExtensionInstance)
        /// The caller has begun this start.
        case start(number: Int, Task<Void, Never>)
        case wait
        case refuse(HeddleError)
    }

    enum Started {
        /// The process serves; these waited for it. Its tools are to be looked at when it said that they changed.
        case serving([Waiter], toolsChanged: Bool)
        /// Nobody wants it any more.
        case unwanted
        /// It ended while it was being started; these have to be told.
        case dead([Waiter], HeddleError)
    }

    enum Enqueued {
        case waiting
        case ready(ExtensionInstance)
        case cancelled
        case failed(any Error)
    }

    private var phase = Phase.idle
    /// The starts and stops under way: the wanted start, and those that were given up and have not ended yet.
    private var work: [Int: Task<Void, Never>] = [:]
    private var lastWork = 0
    private var waiters: [Int: Waiter] = [:]
    private var cancelledTickets: Set<Int> = []
    private var nextTicket = 0
    private var inFlight = 0
    private var lastUse = ContinuousClock.now
    private var consecutiveFailures = 0
    private var pausedUntil: ContinuousClock.Instant?
    /// Processes that said before they served that their tools changed.
    private var changedEarly: Set<InstanceID> = []
    /// Processes that ended between their greeting and ``started(_:now:)``.
    private var endedEarly: Set<InstanceID> = []
    /// Why the last start failed or the last process ended, also for a caller that came just too late to be told.
    private(set) var lastFailure: (any Error)?

    var instance: ExtensionInstance? {
        guard case .ready(let instance) = phase else { return nil }
        return instance
    }

    mutating func acquireReady() -> ExtensionInstance? {
        guard case .ready(let instance) = phase else { return nil }
        inFlight += 1
        instance.countCall()
        return instance
    }

    /// What a caller has to do; `begin` makes the task of a start, which is known to ``close()`` from then on.
    mutating func acquire(now: ContinuousClock.Instant, begin: (Int) -> Task<Void, Never>) -> Next {
        switch phase {
        case .ready(let instance):
            _ = acquireReady()
            return .use(instance)
        case .starting:
            return .wait
        case .closed:
            return .refuse(Self.stopped)
        case .idle:
            if let pausedUntil, now < pausedUntil {
                let left = pausedUntil - now
                let milliseconds = Int(left / .milliseconds(1)) + 1
                return .refuse(
                    HeddleError(
                        .startBackoff,
                        "the extension failed \(consecutiveFailures) times in a row and is not started for a while",
                        details: ["retry_after_ms": String(milliseconds)]
                    )
                )
            }
            let task = add(begin)
            phase = .starting(lastWork)
            return .start(number: lastWork, task)
        }
    }

    mutating func release(_ instance: ExtensionInstance, succeeded: Bool, now: ContinuousClock.Instant) {
        guard case .ready(let current) = phase, current === instance else { return }
        inFlight = max(0, inFlight - 1)
        lastUse = now
        if succeeded { consecutiveFailures = 0 }
    }

    // MARK: Waiting for a start

    mutating func takeTicket() -> Int {
        nextTicket += 1
        return nextTicket
    }

    mutating func enqueue(_ waiter: Waiter, ticket: Int) -> Enqueued {
        if cancelledTickets.remove(ticket) != nil { return .cancelled }
        switch phase {
        case .starting:
            waiters[ticket] = waiter
            return .waiting
        case .ready(let instance):
            inFlight += 1
            instance.countCall()
            return .ready(instance)
        case .idle:
            return .failed(lastFailure ?? Self.stopped)
        case .closed:
            return .failed(Self.stopped)
        }
    }

    /// The waiter to wake, or none when it has not been put in yet; it will find its ticket cancelled.
    mutating func cancel(ticket: Int) -> Waiter? {
        if let waiter = waiters.removeValue(forKey: ticket) { return waiter }
        if case .starting = phase { cancelledTickets.insert(ticket) }
        return nil
    }

    private mutating func takeWaiters() -> [Waiter] {
        let taken = waiters.sorted { $0.key < $1.key }.map(\.value)
        waiters.removeAll()
        cancelledTickets.removeAll()
        endedEarly.removeAll()
        changedEarly.removeAll()
        return taken
    }

    // MARK: Starts and ends

    mutating func started(_ instance: ExtensionInstance, by start: Int, now: ContinuousClock.Instant) -> Started {
        guard case .starting(start) = phase else { return .unwanted }
        guard endedEarly.remove(instance.id) == nil else {
            let error = HeddleError(.startFailed, "the extension's process ended as soon as it was ready")
            return .dead(startFailed(error, of: start, now: now), error)
        }
        phase = .ready(instance)
        pausedUntil = nil
        lastFailure = nil
        let toolsChanged = changedEarly.contains(instance.id)
        let taken = takeWaiters()
        inFlight = taken.count
        for _ in taken { instance.countCall() }
        lastUse = now
        return .serving(taken, toolsChanged: toolsChanged)
    }

    /// Those who have to be told; none for a start that was given up, whose callers were told then.
    mutating func startFailed(_ error: any Error, of start: Int, now: ContinuousClock.Instant) -> [Waiter] {
        guard case .starting(start) = phase else { return [] }
        lastFailure = error
        phase = .idle
        countFailure(now)
        return takeWaiters()
    }

    /// Notes a stop that `begin` begins.
    mutating func addStop(begin: (Int) -> Task<Void, Never>) -> Task<Void, Never> { add(begin) }

    private mutating func add(_ begin: (Int) -> Task<Void, Never>) -> Task<Void, Never> {
        lastWork += 1
        let task = begin(lastWork)
        work[lastWork] = task
        return task
    }

    /// Nothing of a start or stop is under way any more.
    mutating func workEnded(_ number: Int) {
        work[number] = nil
    }

    /// The process with this id if it serves; one that is being started is remembered until it does.
    mutating func toolsChanged(_ id: InstanceID) -> ExtensionInstance? {
        switch phase {
        case .ready(let instance) where instance.id == id: return instance
        case .starting:
            changedEarly.insert(id)
            return nil
        case .idle, .ready, .closed: return nil
        }
    }

    /// A process ended on its own: one failure, whatever it had under way.
    mutating func ended(_ id: InstanceID, reason: String, now: ContinuousClock.Instant) -> ExtensionInstance? {
        switch phase {
        case .starting:
            endedEarly.insert(id)
            return nil
        case .ready(let instance) where instance.id == id:
            phase = .idle
            inFlight = 0
            lastFailure = HeddleError(.extensionCrashed, reason)
            countFailure(now)
            return instance
        case .idle, .ready, .closed:
            return nil
        }
    }

    /// The first two failures in a row cost nothing; then the pause doubles from 250 ms to 30 s.
    private mutating func countFailure(_ now: ContinuousClock.Instant) {
        consecutiveFailures += 1
        guard consecutiveFailures > 2 else { return }
        let exponent = min(consecutiveFailures - 3, 7)
        pausedUntil = now + min(.milliseconds(250 << exponent), .seconds(30))
    }

    mutating func takeIdle(after limit: Duration, now: ContinuousClock.Instant) -> ExtensionInstance? {
        guard case .ready(let instance) = phase, inFlight == 0, now - lastUse >= limit else { return nil }
        phase = .idle
        return instance
    }

    /// What is left to do when a pool is closed.
    struct Closing {
        let instance: ExtensionInstance?
        /// The start that nobody wants any more.
        let start: Task<Void, Never>?
        /// All starts and stops that have not ended.
        let work: [Task<Void, Never>]
        let waiters: [Waiter]
    }

    mutating func close() -> Closing {
        var start: Task<Void, Never>?
        if case .starting(let number) = phase { start = work[number] }
        let instance = instance
        phase = .closed
        inFlight = 0
        return Closing(instance: instance, start: start, work: Array(work.values), waiters: takeWaiters())
    }

    /// Closes it unless a call or a start is under way.
    mutating func closeIfQuiet() -> Closing? {
        switch phase {
        case .starting: nil
        case .ready where inFlight > 0: nil
        case .idle, .ready, .closed: close()
        }
    }

    static let stopped = HeddleError(.extensionInactive, "the extension is stopped")

    mutating func reopen() {
        guard case .closed = phase else { return }
        phase = .idle
        consecutiveFailures = 0
        pausedUntil = nil
        lastFailure = nil
    }
}
