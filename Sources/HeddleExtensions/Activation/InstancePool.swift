package import HeddleModel
import Synchronization

/// The processes of one extension for one tenant: started by the first call, stopped after the last.
///
/// Any number of callers that find it cold wait for one start. Every start and stop is a task of the pool, so that no
/// caller's end is the end of what others wait for; background work awaits each, and so does ``close()``.
package final class InstancePool: Sendable {
    /// What the pool needs of its surroundings.
    struct Actions: Sendable {
        /// Starts a process for the pool; runs in the background.
        var start: @Sendable (InstancePool) async throws -> ExtensionInstance
        /// Stops a process.
        var stop: @Sendable (ExtensionInstance) async -> Void
        /// Looks at the tools of a process that said before it was ready that they changed.
        var toolsChanged: @Sendable (InstancePool, ExtensionInstance) -> Void = { _, _ in }
        /// Runs work in the background; false when the server stops.
        var background: @Sendable (@escaping @Sendable () async -> Void) -> Bool
    }

    package let name: ExtensionName
    package let log: ExtensionLog
    private let idleAfter: Duration
    private let actions: Actions
    private let state = Mutex(InstancePoolState())

    init(name: ExtensionName, idleAfter: Duration, log: ExtensionLog, actions: Actions) {
        self.name = name
        self.idleAfter = idleAfter
        self.log = log
        self.actions = actions
    }

    /// A pool that starts nothing, for a registry without a server.
    package static func inert(_ name: ExtensionName, clock: any WallClock) -> InstancePool {
        let actions = Actions(
            start: { _ in throw InstancePoolState.stopped },
            stop: { _ in },
            background: { _ in false }
        )
        return InstancePool(name: name, idleAfter: .zero, log: ExtensionLog(clock: clock), actions: actions)
    }

    /// The running process, if there is one.
    package var instance: ExtensionInstance? { state.withLock { $0.instance } }

    /// Why the last start failed or the last process ended by itself; nil once the next one is ready.
    package var lastFailure: String? { state.withLock { ($0.lastFailure as? HeddleError)?.message } }

    /// A process that is ready now; nil when one has to be started first.
    func acquireReady() -> ExtensionInstance? { state.withLock { $0.acquireReady() } }

    /// A ready process, started if need be; give it back with ``release(_:succeeded:)``.
    ///
    /// - Throws: ``HeddleError``: what the start threw, `startBackoff` while starts are paused, `cancelled`, or
    ///   `shuttingDown`.
    func acquire() async throws -> ExtensionInstance {
        let next = state.withLock { state in
            // Unstructured, because a start belongs to all who wait for it; background work and `close()` await it.
            state.acquire(now: .now) { number in Task { [self] in await start(number) } }
        }
        switch next {
        case .use(let instance): return instance
        case .refuse(let error): throw error
        case .start(let number, let task): handOver(number, task)
        case .wait: break
        }
        return try await waitForStart()
    }

    /// Gives a process back after a call; a success clears the memory of failures.
    func release(_ instance: ExtensionInstance, succeeded: Bool) {
        state.withLock { $0.release(instance, succeeded: succeeded, now: .now) }
    }

    private func start(_ number: Int) async {
        do {
            let instance = try await actions.start(self)
            switch state.withLock({ $0.started(instance, by: number, now: .now) }) {
            case .serving(let waiters, let toolsChanged):
                for waiter in waiters { waiter.resume(returning: instance) }
                if toolsChanged { actions.toolsChanged(self, instance) }
            case .unwanted:
                await actions.stop(instance)
            case .dead(let waiters, let error):
                for waiter in waiters { waiter.resume(throwing: error) }
                await actions.stop(instance)
            }
        } catch {
            fail(number, error)
        }
        state.withLock { $0.workEnded(number) }
    }

    private func handOver(_ number: Int, _ start: Task<Void, Never>) {
        guard !actions.background({ await start.value }) else { return }
        fail(number, HeddleError(.shuttingDown, "the server is stopping"))
        start.cancel()
    }

    private func fail(_ number: Int, _ error: any Error) {
        let waiters = state.withLock { $0.startFailed(error, of: number, now: .now) }
        for waiter in waiters { waiter.resume(throwing: error) }
    }

    private func waitForStart() async throws -> ExtensionInstance {
        let ticket = state.withLock { $0.takeTicket() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome = state.withLock { $0.enqueue(continuation, ticket: ticket) }
                switch outcome {
                case .waiting: break
                case .ready(let instance): continuation.resume(returning: instance)
                case .cancelled: continuation.resume(throwing: HeddleError(.cancelled, "the caller went away"))
                case .failed(let error): continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            let waiter = state.withLock { $0.cancel(ticket: ticket) }
            waiter?.resume(throwing: HeddleError(.cancelled, "the caller went away"))
        }
    }

    /// The running process with this id, when it says that its tools changed; one that is not ready yet is asked later.
    func toolsChanged(_ id: InstanceID) -> ExtensionInstance? { state.withLock { $0.toolsChanged(id) } }

    /// A process ended on its own.
    func ended(_ id: InstanceID, reason: String) {
        let instance = state.withLock { $0.ended(id, reason: reason, now: .now) }
        guard let instance else { return }
        log.append("heddle", instance: id, "stopped: \(reason)")
        stop(instance)
    }

    /// Stops a process that takes no calls any more; ``close()`` waits for it.
    private func stop(_ instance: ExtensionInstance) {
        let task = state.withLock { rules in
            // Unstructured, because nobody waits here; background work and `close()` await it.
            rules.addStop { number in
                Task { [self] in
                    await actions.stop(instance)
                    state.withLock { $0.workEnded(number) }
                }
            }
        }
        _ = actions.background { await task.value }
    }

    /// Stops the process when nobody has called for a while; called every second or so.
    func stopIfIdle() {
        let instance = state.withLock { $0.takeIdle(after: idleAfter, now: .now) }
        guard let instance else { return }
        log.append("heddle", instance: instance.id, "stopped: idle")
        stop(instance)
    }

    /// Stops the process now and starts no other; calls under way fail.
    ///
    /// Nothing of the pool runs when it returns: a start under way is given up and waited for, as are stops.
    func close() async {
        let closing = state.withLock { $0.close() }
        for waiter in closing.waiters { waiter.resume(throwing: InstancePoolState.stopped) }
        closing.start?.cancel()
        if let instance = closing.instance { await actions.stop(instance) }
        for work in closing.work { await work.value }
    }

    /// Closes a pool in which no call is under way and no start; ``close()`` stops its process afterwards.
    ///
    /// - Returns: whether it is closed.
    func closeIfQuiet() -> Bool {
        guard let closing = state.withLock({ $0.closeIfQuiet() }) else { return false }
        if let instance = closing.instance { stop(instance) }
        return true
    }

    /// Starts none until ``reopen()``, for an extension that is not active.
    func markClosed() {
        _ = state.withLock { $0.close() }
    }

    /// Takes calls again after ``close()``.
    func reopen() {
        state.withLock { $0.reopen() }
    }
}
