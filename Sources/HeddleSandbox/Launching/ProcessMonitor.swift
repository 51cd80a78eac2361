import Glibc
import Synchronization

/// One thread that notices ends of processes and runs what is due, for all of a server's processes.
///
/// Everything posted here runs on that thread, one after the other, and must be short.
final class ProcessMonitor: Sendable {
    typealias Job = @Sendable () -> Void

    private struct Timer {
        let due: ContinuousClock.Instant
        let job: Job
    }

    private struct State {
        var watches: [Int32: (descriptor: Descriptor, job: Job)] = [:]
        var timers: [Timer] = []
        var isStarted = false

        /// Takes what is due out of the list.
        mutating func takeDueTimers(_ now: ContinuousClock.Instant) -> [Job] {
            let due = timers.filter { $0.due <= now }
            if !due.isEmpty { timers.removeAll { $0.due <= now } }
            return due.map(\.job)
        }
    }

    private let state = Mutex(State())
    private let wake: Pipe

    init() throws(SystemCallError) {
        wake = try Pipe()
        // A full pipe means that the thread will wake anyway.
        _ = fcntl(wake.writeEnd.raw, F_SETFL, O_NONBLOCK)
    }

    /// Runs `job` once when the descriptor becomes readable; keeps it open until then.
    func whenReadable(_ descriptor: Descriptor, _ job: @escaping Job) {
        change { $0.watches[descriptor.raw] = (descriptor, job) }
    }

    /// Runs `job` once, later.
    func after(_ delay: Duration, _ job: @escaping Job) {
        let due = ContinuousClock.now + delay
        change { $0.timers.append(Timer(due: due, job: job)) }
    }

    private func change(_ body: (inout State) -> Void) {
        let isFirst = state.withLock { state in
            body(&state)
            defer { state.isStarted = true }
            return !state.isStarted
        }
        if isFirst {
            startThread { self.loop() }
        } else {
            var byte: UInt8 = 0
            _ = write(wake.writeEnd.raw, &byte, 1)
        }
    }

    private func loop() {
        while true {
            let (descriptors, nextDue) = state.withLock { state in
                (state.watches.values.map(\.descriptor), state.timers.map(\.due).min())
            }
            var entries = [pollfd(fd: wake.readEnd.raw, events: Int16(POLLIN), revents: 0)]
            entries += descriptors.map { pollfd(fd: $0.raw, events: Int16(POLLIN), revents: 0) }
            let count = poll(&entries, nfds_t(entries.count), timeout(until: nextDue))
            if entries[0].revents != 0 { _ = wake.readEnd.read() }
            var jobs = state.withLock { $0.takeDueTimers(.now) }
            if count > 0 {
                let ready = entries.dropFirst().filter { $0.revents != 0 }.map(\.fd)
                jobs += state.withLock { state in ready.compactMap { state.watches.removeValue(forKey: $0)?.job } }
            }
            for job in jobs { job() }
        }
    }

    private func timeout(until due: ContinuousClock.Instant?) -> Int32 {
        guard let due else { return -1 }
        let left = ContinuousClock.now.duration(to: due)
        return left <= .zero ? 0 : Int32(clamping: left.milliseconds + 1)
    }
}
