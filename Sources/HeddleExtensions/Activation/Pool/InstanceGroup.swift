import HeddleModel
import HeddleResilience

/// The rules for processes that may stand in for each other, without locks, clocks or processes.
struct InstanceGroup {
    typealias Waiter = CheckedContinuation<ExtensionInstance, any Error>

    /// A start or stop under way.
    struct Work {
        let number: Int
        let task: Task<Void, Never>
    }

    /// A process that takes calls.
    struct Member {
        let instance: ExtensionInstance
        let since: ContinuousClock.Instant
        var inFlight = 0
        var lastUse: ContinuousClock.Instant
    }

    enum Next {
        case use(ExtensionInstance)
        /// A start is under way, or the caller has begun these.
        case wait([Work])
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

    let scale: InstanceScale
    private var isClosed = false
    private(set) var members: [Member] = []
    /// The starts that are wanted.
    private var starts: Set<Int> = []
    /// Every start and stop that has not ended, also of starts that nobody wants any more.
    private var work: [Int: Task<Void, Never>] = [:]
    private var lastWork = 0
    private var waiters: [Int: Waiter] = [:]
    private var cancelledTickets: Set<Int> = []
    private var nextTicket = 0
    private var balancer = Balancer()
    private var outliers = OutlierDetector()
    /// The members as the balancer sees them, made anew for each choice.
    private var candidates: [Balancer.Candidate] = []
    private var consecutiveFailures = 0
    private var pausedUntil: ContinuousClock.Instant?
    /// Processes that said before they served that their tools changed.
    private var changedEarly: Set<InstanceID> = []
    /// Processes that ended between their greeting and ``started(_:by:now:)``.
    private var endedEarly: Set<InstanceID> = []
    /// Why the last start failed or the last process ended, also for a caller that came just too late to be told.
    private(set) var lastFailure: (any Error)?

    init(scale: InstanceScale) {
        self.scale = scale
    }

    /// Calls under way.
    var inFlight: Int { members.reduce(0) { $0 + $1.inFlight } }

    /// Whether nothing runs, is being started or is waited for.
    var isQuiet: Bool { starts.isEmpty && waiters.isEmpty && members.allSatisfy { $0.inFlight == 0 } }

    /// Whether there is nothing in it at all.
    var isEmpty: Bool { members.isEmpty && starts.isEmpty && waiters.isEmpty && work.isEmpty }

    /// When the last call ended.
    var lastUse: ContinuousClock.Instant? { members.map(\.lastUse).max() }

    // MARK: Calls

    /// A process that is ready now, the one that is best off; nil when one has to be started first.
    mutating func acquireReady(
        key: UInt64?,
        avoiding avoided: UInt64? = nil,
        preferring preferred: UInt64? = nil,
        now: ContinuousClock.Instant
    ) -> ExtensionInstance? {
        guard !members.isEmpty, !isClosed else { return nil }
        let wanted = preferred.flatMap { number in members.firstIndex { $0.instance.number == number } }
        let index = wanted ?? (members.count == 1 ? 0 : choose(key, avoided, now))
        members[index].inFlight += 1
        let instance = members[index].instance
        instance.countCall()
        return instance
    }

    private mutating func choose(_ key: UInt64?, _ avoided: UInt64?, _ now: ContinuousClock.Instant) -> Int {
        candidates.removeAll(keepingCapacity: true)
        for member in members {
            let number = member.instance.number
            candidates.append(
                Balancer.Candidate(
                    id: number,
                    load: member.inFlight,
                    isEjected: number == avoided || outliers.isEjected(number, now: now),
                    startedAt: member.since
                )
            )
        }
        let strategy: Balancer.Strategy =
            switch (scale.balancing, key) {
            case (.consistentHash, let key?): .consistentHash(key: key)
            case (.roundRobin, _): .roundRobin
            case (.leastConnections, _), (.consistentHash, nil): .leastConnections
            }
        var generator = SystemRandomNumberGenerator()
        let seen = candidates
        return balancer.choose(among: seen.span, by: strategy, now: now) { generator.next() } ?? 0
    }

    /// Begins another start when the ready ones have as much as they should have; `begin` makes its task.
    mutating func grow(now: ContinuousClock.Instant, begin: (Int) -> Task<Void, Never>) -> Work? {
        guard members.count + starts.count < scale.most, !isClosed else { return nil }
        guard pausedUntil.map({ $0 <= now }) ?? true else { return nil }
        guard inFlight >= scale.callsEach * (members.count + starts.count) else { return nil }
        return addStart(begin)
    }

    /// What a caller has to do that found none ready; `begin` makes the task of a start.
    mutating func acquire(
        key: UInt64?,
        preferring preferred: UInt64? = nil,
        now: ContinuousClock.Instant,
        begin: (Int) -> Task<Void, Never>
    ) -> Next {
        guard !isClosed else { return .refuse(Self.stopped) }
        if let instance = acquireReady(key: key, preferring: preferred, now: now) { return .use(instance) }
        guard starts.isEmpty else { return .wait([]) }
        if let pausedUntil, now < pausedUntil {
            let milliseconds = Int((pausedUntil - now) / .milliseconds(1)) + 1
            return .refuse(
                HeddleError(
                    .startBackoff,
                    "the extension failed \(consecutiveFailures) times in a row and is not started for a while",
                    details: ["retry_after_ms": String(milliseconds)]
                )
            )
        }
        // One that failed is tried alone.
        let count = consecutiveFailures == 0 ? max(1, scale.least) : 1
        return .wait((0..<count).map { _ in addStart(begin) })
    }

    /// Takes back a process after a call; what the call says of it decides who gets the next ones.
    mutating func release(
        _ instance: ExtensionInstance,
        _ outcome: CallOutcome,
        began: ContinuousClock.Instant,
        now: ContinuousClock.Instant
    ) -> Bool {
        guard let index = members.firstIndex(where: { $0.instance === instance }) else { return false }
        members[index].inFlight -= 1
        members[index].lastUse = now
        if outcome == .success { consecutiveFailures = 0 }
        guard outcome != .neutral, members.count > 1 else { return false }
        _ = outliers.record(instance.number, succeeded: outcome == .success, began: began, now: now)
        return outcome == .failure && isEjected(instance, now: now)
    }

    /// Whether a process gets no calls for a while.
    func isEjected(_ instance: ExtensionInstance, now: ContinuousClock.Instant) -> Bool {
        outliers.isEjected(instance.number, now: now)
    }

    // MARK: Waiting for a start

    mutating func takeTicket() -> Int {
        nextTicket += 1
        return nextTicket
    }

    mutating func enqueue(_ waiter: Waiter, ticket: Int, key: UInt64?, now: ContinuousClock.Instant) -> Enqueued {
        if cancelledTickets.remove(ticket) != nil { return .cancelled }
        guard !isClosed else { return .failed(Self.stopped) }
        if let instance = acquireReady(key: key, now: now) { return .ready(instance) }
        guard !starts.isEmpty else { return .failed(lastFailure ?? Self.stopped) }
        waiters[ticket] = waiter
        return .waiting
    }

    /// The waiter to wake, or none when it has not been put in yet; it will find its ticket cancelled.
    mutating func cancel(ticket: Int) -> Waiter? {
        if let waiter = waiters.removeValue(forKey: ticket) { return waiter }
        if !starts.isEmpty { cancelledTickets.insert(ticket) }
        return nil
    }

    private mutating func takeWaiters() -> [Waiter] {
        let taken = waiters.sorted { $0.key < $1.key }.map(\.value)
        waiters.removeAll()
        if starts.isEmpty { forgetStarts() }
        return taken
    }

    /// What was remembered for starts under way is of no more use when there are none.
    private mutating func forgetStarts() {
        cancelledTickets.removeAll()
        endedEarly.removeAll()
        changedEarly.removeAll()
    }

    // MARK: Starts and ends

    private mutating func addStart(_ begin: (Int) -> Task<Void, Never>) -> Work {
        let work = add(begin)
        starts.insert(work.number)
        return work
    }

    private mutating func add(_ begin: (Int) -> Task<Void, Never>) -> Work {
        lastWork += 1
        let task = begin(lastWork)
        work[lastWork] = task
        return Work(number: lastWork, task: task)
    }

    mutating func started(_ instance: ExtensionInstance, by start: Int, now: ContinuousClock.Instant) -> Started {
        guard starts.contains(start) else { return .unwanted }
        guard endedEarly.remove(instance.id) == nil else {
            let error = HeddleError(.startFailed, "the extension's process ended as soon as it was ready")
            return .dead(startFailed(error, of: start, now: now), error)
        }
        starts.remove(start)
        pausedUntil = nil
        lastFailure = nil
        let toolsChanged = changedEarly.remove(instance.id) != nil
        let taken = takeWaiters()
        outliers.add(instance.number)
        members.append(Member(instance: instance, since: now, inFlight: taken.count, lastUse: now))
        for _ in taken { instance.countCall() }
        return .serving(taken, toolsChanged: toolsChanged)
    }

    /// Those who have to be told; none while another start may still serve them, or for a start that was given up.
    mutating func startFailed(_ error: any Error, of start: Int, now: ContinuousClock.Instant) -> [Waiter] {
        guard starts.remove(start) != nil else { return [] }
        lastFailure = error
        // One for which there was no room says nothing of the extension.
        if (error as? HeddleError)?.code != .tooManyRequests { countFailure(now) }
        return starts.isEmpty ? takeWaiters() : []
    }

    /// Notes a stop that `begin` begins.
    mutating func addStop(begin: (Int) -> Task<Void, Never>) -> Work { add(begin) }

    /// Nothing of a start or stop is under way any more.
    mutating func workEnded(_ number: Int) {
        work[number] = nil
    }

    /// The process with this id if it serves; one that is being started is remembered until it does.
    mutating func toolsChanged(_ id: InstanceID) -> ExtensionInstance? {
        if let member = members.first(where: { $0.instance.id == id }) { return member.instance }
        if !starts.isEmpty { changedEarly.insert(id) }
        return nil
    }

    /// A process ended on its own: one failure, whatever it had under way.
    mutating func ended(_ id: InstanceID, reason: String, now: ContinuousClock.Instant) -> ExtensionInstance? {
        guard let instance = take(id) else {
            if !starts.isEmpty { endedEarly.insert(id) }
            return nil
        }
        lastFailure = HeddleError(.extensionCrashed, reason)
        countFailure(now)
        return instance
    }

    /// Takes a process out; calls that it has under way are its own affair.
    mutating func take(_ id: InstanceID) -> ExtensionInstance? {
        guard let index = members.firstIndex(where: { $0.instance.id == id }) else { return nil }
        _ = outliers.remove(members[index].instance.number, now: .now)
        return members.remove(at: index).instance
    }

    /// The first two failures in a row cost nothing; then the pause doubles from 250 ms to 30 s.
    private mutating func countFailure(_ now: ContinuousClock.Instant) {
        consecutiveFailures += 1
        guard consecutiveFailures > 2 else { return }
        let exponent = min(consecutiveFailures - 3, 7)
        pausedUntil = now + min(.milliseconds(250 << exponent), .seconds(30))
    }

    /// Takes out the processes that nobody has called for a while; more than one are not kept for as long as the last.
    mutating func takeIdle(after limit: Duration, now: ContinuousClock.Instant) -> [ExtensionInstance] {
        var taken: [ExtensionInstance] = []
        for member in members where member.inFlight == 0 {
            let isSurplus = members.count > max(1, scale.least)
            let patience = isSurplus ? min(limit, InstanceScale.surplusPatience) : limit
            guard now - member.lastUse >= patience else { continue }
            if let instance = take(member.instance.id) { taken.append(instance) }
        }
        return taken
    }

    // MARK: The end

    /// What is left to do when a group is closed.
    struct Closing {
        let instances: [ExtensionInstance]
        /// The starts that nobody wants any more.
        let starts: [Task<Void, Never>]
        /// All starts and stops that have not ended.
        let work: [Task<Void, Never>]
        let waiters: [Waiter]
    }

    mutating func close() -> Closing {
        let closing = Closing(
            instances: members.map(\.instance),
            starts: starts.compactMap { work[$0] },
            work: Array(work.values),
            waiters: waiters.sorted { $0.key < $1.key }.map(\.value)
        )
        isClosed = true
        members.removeAll()
        starts.removeAll()
        waiters.removeAll()
        outliers = OutlierDetector()
        forgetStarts()
        return closing
    }

    static let stopped = HeddleError(.extensionInactive, "the extension is stopped")

    mutating func reopen() {
        guard isClosed else { return }
        isClosed = false
        consecutiveFailures = 0
        pausedUntil = nil
        lastFailure = nil
    }
}
