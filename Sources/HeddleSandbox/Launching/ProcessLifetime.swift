import Glibc
import HeddleModel
import Logging
import Synchronization

/// Everything that has to be gone when one confined process is, and those who wait for that.
///
/// The outer bwrap is our child; the inner process is the first of its pid namespace, and the kernel lets it end only
/// after all others there. Both have to be gone before the rest is released and the end is made known.
final class ProcessLifetime: Sendable {
    typealias Exit = SandboxedProcess.Exit

    private struct State {
        var inner: ChildProcess?
        var group: ControlGroup?
        var network: SlirpNetwork?
        var outerExit: Exit?
        var isInnerGone = false
        /// Set when both processes are gone: nothing more is taken on.
        var isSettling = false
        var exit: Exit?
        var wasKilledForMemory = false
        var lastUsage = SandboxedProcess.ResourceUsage(processorTime: .zero, memoryBytes: 0)
        var waiters: [CheckedContinuation<Exit, Never>] = []
    }

    let outer: ChildProcess
    private let monitor: ProcessMonitor
    private let logger: Logger
    private let onEnd: @Sendable () -> Void
    private let state = Mutex(State())

    /// Describes a child that was just started; `onEnd` runs once, when everything is gone.
    init(
        outer: ChildProcess,
        monitor: ProcessMonitor,
        logger: Logger,
        onEnd: @escaping @Sendable () -> Void
    ) {
        self.outer = outer
        self.monitor = monitor
        self.logger = logger
        self.onEnd = onEnd
    }

    /// Starts to look for the end.
    func begin() {
        monitor.whenReadable(outer.descriptor) { self.outerEnded() }
    }

    // MARK: What belongs to the process

    /// Takes the first process of the pid namespace on; false when the tree has ended already.
    func attach(inner: ChildProcess) -> Bool {
        guard take({ $0.inner = inner }) else { return false }
        monitor.whenReadable(inner.descriptor) { self.innerEnded() }
        return true
    }

    /// Takes the control group on; false when the tree has ended already and the group is the caller's to remove.
    func attach(group: ControlGroup) -> Bool {
        take { $0.group = group }
    }

    /// Takes the network on; false when the tree has ended already and the network is the caller's to end.
    func attach(network: SlirpNetwork) -> Bool {
        take { $0.network = network }
    }

    private func take(_ body: (inout State) -> Void) -> Bool {
        state.withLock { state in
            guard !state.isSettling else { return false }
            body(&state)
            return true
        }
    }

    // MARK: The end

    var isRunning: Bool { state.withLock { $0.exit == nil } }
    var wasKilledForMemory: Bool { state.withLock { $0.wasKilledForMemory } }

    /// Suspends until everything is gone.
    func waitForExit() async -> Exit {
        await withCheckedContinuation { continuation in
            let exit = state.withLock { state in
                if state.exit == nil { state.waiters.append(continuation) }
                return state.exit
            }
            if let exit { continuation.resume(returning: exit) }
        }
    }

    /// Kills the whole tree: with the first process of a pid namespace the kernel kills all others.
    func kill(forMemory: Bool = false) {
        let inner = state.withLock { state in
            if forMemory, state.exit == nil { state.wasKilledForMemory = true }
            return state.inner
        }
        // Without an inner process bwrap is still at the start, and its death takes the rest along.
        (inner ?? outer).kill()
    }

    /// Kills the whole tree unless it is gone by then.
    func kill(after grace: Duration) {
        monitor.after(grace) { self.kill() }
    }

    private func outerEnded() {
        guard let exit = outer.reap() else {
            // Not yet collectable; the descriptor says so again.
            monitor.whenReadable(outer.descriptor) { self.outerEnded() }
            return
        }
        let inner = state.withLock { state in
            state.outerExit = exit
            return state.isInnerGone ? nil : state.inner
        }
        // Should somebody have killed the outer process alone, the rest goes now.
        inner?.kill()
        settleIfGone()
    }

    private func innerEnded() {
        state.withLock { $0.isInnerGone = true }
        settleIfGone()
    }

    private func settleIfGone() {
        let isGone = state.withLock { state in
            guard !state.isSettling, state.outerExit != nil, state.inner == nil || state.isInnerGone else {
                return false
            }
            state.isSettling = true
            return true
        }
        guard isGone else { return }
        // The outer bwrap does not wait for the inner one, which then becomes the server's child.
        _ = state.withLock { $0.inner }?.reap()
        releaseGroup(attempt: 0)
    }

    private func releaseGroup(attempt: Int) {
        guard let group = state.withLock({ $0.group }) else { return releaseNetwork() }
        if attempt == 0 {
            let wasOutOfMemory = group.wasOutOfMemory
            let time = group.processorTime ?? .zero
            state.withLock { state in
                state.wasKilledForMemory = state.wasKilledForMemory || wasOutOfMemory
                state.lastUsage.processorTime = time
            }
        }
        if group.remove() { return releaseNetwork() }
        // The kernel counts dead processes for a moment longer.
        guard attempt < 8 else {
            logger.warning("A control group of an ended process stays behind.")
            return releaseNetwork()
        }
        monitor.after(.milliseconds(1 << attempt)) { self.releaseGroup(attempt: attempt + 1) }
    }

    private func releaseNetwork() {
        guard let network = state.withLock({ $0.network }) else { return finish() }
        network.end()
        monitor.whenReadable(network.child.descriptor) {
            _ = network.child.reap()
            self.finish()
        }
    }

    private func finish() {
        onEnd()
        let (exit, waiters) = state.withLock { state in
            let exit = state.outerExit ?? .signalled(SIGKILL)
            state.exit = exit
            state.group = nil
            state.network = nil
            state.lastUsage.memoryBytes = 0
            defer { state.waiters = [] }
            return (exit, state.waiters)
        }
        for waiter in waiters { waiter.resume(returning: exit) }
    }
}

extension ProcessLifetime {
    /// Sends a signal to the command.
    ///
    /// bwrap's reaper is process 1 inside, which ignores what it does not handle; the command is its first child.
    func signal(_ number: Int32) {
        guard let inner = state.withLock({ $0.isInnerGone ? nil : $0.inner }),
            let command = ProcessTree.children(of: inner.id).first,
            let process = try? ChildProcess(id: command),
            // The descriptor is of the command only if the number still had the same parent after it was opened.
            !inner.hasEnded, ProcessTree.children(of: inner.id).first == command
        else { return }
        process.signal(number)
    }

    /// What the tree uses now, or used in all once it is gone.
    func resourceUsage() -> SandboxedProcess.ResourceUsage {
        let (inner, group, last) = state.withLock { ($0.isSettling ? nil : $0.inner, $0.group, $0.lastUsage) }
        guard let inner else { return last }
        var usage = last
        let members = group?.memoryBytes == nil || group?.processorTime == nil ? ProcessTree.members(of: inner.id) : []
        usage.memoryBytes = group?.memoryBytes ?? ProcessTree.residentMemory(of: members)
        usage.processorTime = group?.processorTime ?? ProcessTree.processorTime(of: members)
        state.withLock { $0.lastUsage = usage }
        return usage
    }

    /// Looks at the tree's memory again and again, and kills it above the limit.
    ///
    /// For hosts without a memory group: the kernel's own limits there are of single processes, and a tree has many.
    func watchMemory(limit: Int) {
        let inner = state.withLock { $0.isSettling ? nil : $0.inner }
        guard let inner else { return }
        let members = ProcessTree.members(of: inner.id)
        let memory = ProcessTree.residentMemory(of: members)
        if memory > limit, ProcessTree.proportionalMemory(of: members) > limit {
            kill(forMemory: true)
            return
        }
        // Close to the limit a quarter of a second is long enough for gigabytes.
        monitor.after(.milliseconds(memory > limit / 2 ? 50 : 250)) { self.watchMemory(limit: limit) }
    }
}
