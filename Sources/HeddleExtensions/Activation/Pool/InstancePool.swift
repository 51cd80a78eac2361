package import HeddleModel
import HeddleResilience
import Synchronization

/// The processes of one version of an extension for one tenant: started by the first call, stopped after the last.
///
/// Any number of callers that find it cold wait for one start. Every start and stop is a task of the pool, so that no
/// caller's end is the end of what others wait for; background work awaits each, and so does ``close()``. Where each
/// session has a process of its own, the sessions are groups that share nothing.
package final class InstancePool: Sendable {
    /// What the pool needs of its surroundings.
    struct Actions: Sendable {
        /// Starts a process for the pool, and for the session if there is one; runs in the background.
        var start: @Sendable (InstancePool, _ session: String?) async throws -> ExtensionInstance
        /// Stops a process.
        var stop: @Sendable (ExtensionInstance) async -> Void
        /// Looks at the tools of a process that said before it was ready that they changed.
        var toolsChanged: @Sendable (InstancePool, ExtensionInstance) -> Void = { _, _ in }
        /// What the results of this pool's calls have in common may not hold any more.
        var changed: @Sendable (ResultScope) -> Void = { _ in }
        /// Runs work in the background; false when the server stops.
        var background: @Sendable (@escaping @Sendable () async -> Void) -> Bool
    }

    /// Who asks for a process.
    struct Request: Sendable {
        /// The session whose process it has to be; nil where all sessions share them.
        var session: String?
        /// What calls have in common that should go to the same process, hashed.
        var key: UInt64?
        /// The number of a process that should not get it when there is another.
        var avoided: UInt64?
        /// The number of the process that should get it as long as it is there: it may be the only one that knows what is
        /// gone on with.
        var preferred: UInt64?
    }

    fileprivate struct Groups {
        var main: InstanceGroup
        var sessions: [String: InstanceGroup] = [:]
        var isClosed = false
    }

    package let name: ExtensionName
    package let log: ExtensionLog
    /// What calls of this version go by.
    let rules: PoolRules
    /// Lets so many calls through at once.
    let gate: CallGate
    /// How many calls may be made again.
    let retryBudget = Mutex(RetryBudget(now: .now))
    /// What is kept of its calls.
    let results: ResultScope
    /// The resources that clients want to hear of.
    let subscriptions = SubscriptionBook()
    /// A number that no other pool of this server has.
    let number: Int
    private static let lastNumber = Atomic<Int>(0)
    private let statistics: StatisticsBook
    private let runtimes = Mutex<[String: CapabilityRuntime]>([:])
    private let actions: Actions
    private let groups: Mutex<Groups>

    init(
        name: ExtensionName,
        rules: PoolRules,
        statistics: StatisticsBook = StatisticsBook(),
        log: ExtensionLog,
        actions: Actions
    ) {
        self.name = name
        self.rules = rules
        self.statistics = statistics
        self.log = log
        self.actions = actions
        number = Self.lastNumber.add(1, ordering: .relaxed).newValue
        results = statistics.results(of: name)
        gate = CallGate(rules.admission)
        groups = Mutex(Groups(main: InstanceGroup(scale: rules.scale)))
    }

    /// Calls under way and calls that wait.
    package var slots: (inUse: Int, waiting: Int) {
        let counts = gate.counts
        return (counts.underWay, counts.waiting)
    }

    /// Calls that may be under way at once.
    package var slotLimit: Int { rules.admission.limit }

    /// What is remembered of the calls of a tool.
    func runtime(of tool: String) -> CapabilityRuntime {
        runtimes.withLock { runtimes in
            if let known = runtimes[tool] { return known }
            let runtime = CapabilityRuntime(
                name: tool,
                number: runtimes.count,
                breaker: rules.breaker,
                statistics: statistics.capability(tool, of: name)
            )
            if let limit = rules.callLimit(tool) { gate.setLimit(limit, of: runtime.number) }
            runtimes[tool] = runtime
            return runtime
        }
    }

    /// A pool that starts nothing, for a registry without a server.
    package static func inert(_ name: ExtensionName, clock: any WallClock) -> InstancePool {
        let actions = Actions(
            start: { _, _ in throw InstanceGroup.stopped },
            stop: { _ in },
            background: { _ in false }
        )
        return InstancePool(name: name, rules: PoolRules(), log: ExtensionLog(clock: clock), actions: actions)
    }

    /// The running processes.
    package var instances: [ExtensionInstance] { members.map(\.instance) }

    /// The running processes and what they have to do.
    package var members: [Member] {
        groups.withLock { groups in
            groups.all.flatMap { group in
                group.members.map { member in
                    Member(
                        instance: member.instance,
                        inFlight: member.inFlight,
                        isEjected: group.isEjected(member.instance, now: .now)
                    )
                }
            }
        }
    }

    /// A running process and the calls that it has under way.
    package struct Member: Sendable {
        package let instance: ExtensionInstance
        package let inFlight: Int
        /// Whether it gets no calls for a while because it failed several.
        package let isEjected: Bool
    }

    /// Why the last start failed or the last process ended by itself; nil once the next one is ready.
    package var lastFailure: String? {
        groups.withLock { groups in
            groups.all.lazy.compactMap { ($0.lastFailure as? HeddleError)?.message }.first
        }
    }

    // MARK: Calls

    /// Whether there may be a second process for a call that the first one takes long for.
    func canHedge() -> Bool { rules.scale.most > 1 }

    /// A process that is ready now; nil when one has to be started first.
    func acquireReady(_ request: Request = Request(), now: ContinuousClock.Instant = .now) -> ExtensionInstance? {
        let (instance, work) = groups.withLock { groups in
            groups.with(request.session) { group -> (ExtensionInstance?, InstanceGroup.Work?) in
                let instance = group.acquireReady(
                    key: request.key,
                    avoiding: request.avoided,
                    preferring: request.preferred,
                    now: now
                )
                guard instance != nil, rules.scale.most > 1 else { return (instance, nil) }
                return (instance, group.grow(now: now) { begin($0, request.session) })
            } ?? (nil, nil)
        }
        if let work { handOver(work, request.session) }
        return instance
    }

    /// A ready process, started if need be; give it back with ``release(_:_:)``.
    ///
    /// - Throws: ``HeddleError``: what the start threw, `startBackoff` while starts are paused, `tooManyRequests` when too
    ///   many sessions have one, `cancelled`, or `shuttingDown`.
    func acquire(_ request: Request = Request()) async throws -> ExtensionInstance {
        let now = ContinuousClock.now
        let (next, evicted) = try groups.withLock { groups throws(HeddleError) in
            let evicted = try makeRoom(for: request.session, in: &groups)
            let next = groups.with(request.session) { group in
                group.acquire(key: request.key, preferring: request.preferred, now: now) { begin($0, request.session) }
            }
            return (next ?? .refuse(InstanceGroup.stopped), evicted)
        }
        for instance in evicted { stop(instance, "its session made room for another") }
        switch next {
        case .use(let instance): return instance
        case .refuse(let error): throw error
        case .wait(let works): for work in works { handOver(work, request.session) }
        }
        return try await waitForStart(request)
    }

    /// Adds the group of a session, in the place of the one that was quiet for longest when there are too many.
    private func makeRoom(
        for session: String?,
        in groups: inout Groups
    ) throws(HeddleError) -> [ExtensionInstance] {
        guard let session, groups.sessions[session] == nil, !groups.isClosed else { return [] }
        var evicted: [ExtensionInstance] = []
        if groups.sessions.count >= rules.mostSessions {
            let quiet = groups.sessions.filter { $0.value.isQuiet }
            let oldest = quiet.min { ($0.value.lastUse ?? .now) < ($1.value.lastUse ?? .now) }
            guard let oldest else {
                throw HeddleError(
                    .tooManyRequests,
                    "\(rules.mostSessions) sessions of the extension have calls under way already",
                    details: ["limit": "sessions", "value": String(rules.mostSessions)]
                )
            }
            evicted = groups.sessions[oldest.key]?.close().instances ?? []
            groups.sessions[oldest.key] = nil
        }
        groups.sessions[session] = InstanceGroup(scale: rules.scale)
        return evicted
    }

    /// Gives a process back after a call that says something of it or nothing.
    ///
    /// What began before the process was left out says nothing new of it.
    ///
    /// - Returns: Whether the process is left out now, so that others get the next calls.
    @discardableResult
    func release(
        _ instance: ExtensionInstance,
        _ outcome: CallOutcome,
        began: ContinuousClock.Instant = .now,
        now: ContinuousClock.Instant = .now
    ) -> Bool {
        groups.withLock { groups in
            groups.with(instance.session) { $0.release(instance, outcome, began: began, now: now) } ?? false
        }
    }

    private func waitForStart(_ request: Request) async throws -> ExtensionInstance {
        let session = request.session
        let ticket = groups.withLock { $0.with(session) { $0.takeTicket() } ?? 0 }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome = groups.withLock { groups in
                    groups.with(session) { group in
                        group.enqueue(continuation, ticket: ticket, key: request.key, now: .now)
                    }
                }
                switch outcome ?? .failed(InstanceGroup.stopped) {
                case .waiting: break
                case .ready(let instance): continuation.resume(returning: instance)
                case .cancelled: continuation.resume(throwing: HeddleError(.cancelled, "the caller went away"))
                case .failed(let error): continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            let waiter = groups.withLock { $0.with(session) { $0.cancel(ticket: ticket) } ?? nil }
            waiter?.resume(throwing: HeddleError(.cancelled, "the caller went away"))
        }
    }

    // MARK: Starts and ends

    private func begin(_ number: Int, _ session: String?) -> Task<Void, Never> {
        // Unstructured, because a start belongs to all who wait for it; background work and `close()` await it.
        Task { [self] in await start(number, session) }
    }

    private func start(_ number: Int, _ session: String?) async {
        do {
            let instance = try await actions.start(self, session)
            let started = groups.withLock { $0.with(session) { $0.started(instance, by: number, now: .now) } }
            switch started ?? .unwanted {
            case .serving(let waiters, let toolsChanged):
                for waiter in waiters { waiter.resume(returning: instance) }
                if toolsChanged { actions.toolsChanged(self, instance) }
            case .unwanted:
                await end(instance)
            case .dead(let waiters, let error):
                for waiter in waiters { waiter.resume(throwing: error) }
                await end(instance)
            }
        } catch {
            fail(number, session, error)
        }
        groups.withLock { _ = $0.with(session) { $0.workEnded(number) } }
    }

    private func handOver(_ work: InstanceGroup.Work, _ session: String?) {
        guard !actions.background({ await work.task.value }) else { return }
        fail(work.number, session, HeddleError(.shuttingDown, "the server is stopping"))
        work.task.cancel()
    }

    private func fail(_ number: Int, _ session: String?, _ error: any Error) {
        let waiters = groups.withLock { $0.with(session) { $0.startFailed(error, of: number, now: .now) } ?? [] }
        for waiter in waiters { waiter.resume(throwing: error) }
    }

    /// The running process with this id, when it says that its tools changed; one that is not ready yet is asked later.
    func toolsChanged(_ id: InstanceID, session: String? = nil) -> ExtensionInstance? {
        groups.withLock { $0.with(session) { $0.toolsChanged(id) } ?? nil }
    }

    /// A process ended on its own.
    func ended(_ id: InstanceID, session: String? = nil, reason: String) {
        let instance = groups.withLock { $0.with(session) { $0.ended(id, reason: reason, now: .now) } ?? nil }
        if let instance { stop(instance, reason) }
    }

    /// Stops a process that does not answer as it should; the next call gets another.
    func replace(_ instance: ExtensionInstance, because reason: String) {
        let taken = groups.withLock { $0.with(instance.session) { $0.take(instance.id) } ?? nil }
        if let taken { stop(taken, reason) }
    }

    /// Stops a process that takes no calls any more; ``close()`` waits for it.
    private func stop(_ instance: ExtensionInstance, _ reason: String) {
        log.append("heddle", instance: instance.id, "stopped: \(reason)")
        let task = groups.withLock { all in
            // Unstructured, because nobody waits here; background work and `close()` await it. A session's group may be
            // gone before the stop ends, so that the main one keeps count.
            all.main
                .addStop { number in
                    Task { [self] in
                        await end(instance)
                        groups.withLock { $0.main.workEnded(number) }
                    }
                }
                .task
        }
        _ = actions.background { await task.value }
    }

    private func end(_ instance: ExtensionInstance) async {
        await actions.stop(instance)
        if results.ended(instance.number) { actions.changed(results) }
    }

    /// An answer came from a process that nobody waited for.
    func answeredLate(_ id: InstanceID, session: String?) {
        // Late answers are rare, and most of them are from tools that change nothing.
        guard results.hasOpenWrites else { return }
        let member = groups.withLock { groups in
            groups.with(session) { $0.members.first { $0.instance.id == id }?.instance } ?? nil
        }
        if let member, results.answeredLate(member.number) { actions.changed(results) }
    }

    /// Stops the process of a session that is over.
    func endSession(_ session: String) {
        let closing = groups.withLock { groups in
            // One with calls or starts under way ends when it is idle.
            guard groups.sessions[session]?.isQuiet == true else { return nil as InstanceGroup.Closing? }
            defer { groups.sessions[session] = nil }
            return groups.sessions[session]?.close()
        }
        for instance in closing?.instances ?? [] { stop(instance, "its session is over") }
    }

    /// The sessions that have a process, or are about to.
    var sessions: Set<String> { groups.withLock { Set($0.sessions.keys) } }

    /// Stops what nobody has called for a while; called every second or so.
    func stopIfIdle() {
        // A process that is stopped tells nobody of changes.
        guard subscriptions.isEmpty else { return }
        let now = ContinuousClock.now
        let idle = groups.withLock { groups in
            var idle = groups.main.takeIdle(after: rules.idleAfter, now: now)
            for name in groups.sessions.keys {
                idle += groups.sessions[name]?.takeIdle(after: rules.idleAfter, now: now) ?? []
                if groups.sessions[name]?.isEmpty ?? false { groups.sessions[name] = nil }
            }
            return idle
        }
        for instance in idle { stop(instance, "idle") }
    }

    // MARK: The end

    /// Stops the processes now and starts no other; calls under way fail.
    ///
    /// Nothing of the pool runs when it returns: a start under way is given up and waited for, as are stops.
    func close() async {
        let closings = groups.withLock { $0.close() }
        actions.changed(results)
        for closing in closings {
            for waiter in closing.waiters { waiter.resume(throwing: InstanceGroup.stopped) }
            for start in closing.starts { start.cancel() }
        }
        await withDiscardingTaskGroup { tasks in
            for instance in closings.flatMap(\.instances) {
                tasks.addTask { [self] in await end(instance) }
            }
        }
        for work in closings.flatMap(\.work) { await work.value }
    }

    /// Closes a pool in which no call is under way and no start; ``close()`` stops its processes afterwards.
    ///
    /// - Returns: whether it is closed.
    func closeIfQuiet() -> Bool {
        let closings = groups.withLock { groups in
            groups.all.allSatisfy(\.isQuiet) ? groups.close() : nil
        }
        guard let closings else { return false }
        for instance in closings.flatMap(\.instances) { stop(instance, "a newer version took its place") }
        return true
    }

    /// Starts none until ``reopen()``, for an extension that is not active.
    func markClosed() {
        _ = groups.withLock { $0.close() }
    }

    /// Takes calls again after ``close()``.
    func reopen() {
        groups.withLock { groups in
            groups.isClosed = false
            groups.main.reopen()
        }
    }
}

extension InstancePool.Groups {
    fileprivate var all: [InstanceGroup] { [main] + Array(sessions.values) }

    /// Works on the group of a session, or on the one that all share; nil when the session has none.
    fileprivate mutating func with<Value>(
        _ session: String?,
        _ body: (inout InstanceGroup) throws -> Value
    ) rethrows -> Value? {
        guard let session else { return try body(&main) }
        guard let index = sessions.index(forKey: session) else { return nil }
        return try body(&sessions.values[index])
    }

    fileprivate mutating func close() -> [InstanceGroup.Closing] {
        isClosed = true
        var closings = [main.close()]
        for name in sessions.keys {
            if let closing = sessions[name]?.close() { closings.append(closing) }
        }
        // Starts of sessions under way find no group, and stop what they started.
        sessions.removeAll()
        return closings
    }
}
