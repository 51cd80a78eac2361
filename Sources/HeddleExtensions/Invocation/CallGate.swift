import HeddleModel
import HeddleResilience
import Synchronization

/// Lets so many calls of an extension through at once and makes the others wait for their turn.
///
/// Nobody who waits holds a thread: whoever leaves tells the next ones that they may go on.
final class CallGate: Sendable {
    /// What became of a call at the gate.
    enum Entry {
        case admitted
        /// It waits; the closure is told when it may go on, or why it may not.
        case waiting(ticket: UInt64)
        case refused(HeddleError)
    }

    typealias Turn = @Sendable (HeddleError?) -> Void

    fileprivate struct State {
        var queue: AdmissionQueue
        var turns: [UInt64: Turn] = [:]
        var lastTicket: UInt64 = 0
        var isWatched = false
    }

    private let state: Mutex<State>

    init(_ configuration: AdmissionQueue.Configuration) {
        state = Mutex(State(queue: AdmissionQueue(configuration)))
    }

    /// Calls under way and calls that wait.
    var counts: (underWay: Int, waiting: Int) { state.withLock { ($0.queue.inUse, $0.queue.waiting) } }

    /// Asks for a slot; ``leave(_:serviceTime:now:)`` gives it back.
    ///
    /// The capability is named by its number among those of the extension. `turn` is told once, on any thread, when the
    /// answer is `waiting` and the call is not cancelled first; that may be before this returns, but never before `waits`
    /// was called.
    func enter(
        _ capability: Int,
        priority: CallPriority,
        deadline: ContinuousClock.Instant,
        now: ContinuousClock.Instant,
        waits: () -> Void,
        turn: @escaping Turn
    ) -> Entry {
        let (entry, displaced, isFirst) = state.withLock { state -> (Entry, Turn?, Bool) in
            state.lastTicket += 1
            let ticket = state.lastTicket
            let outcome = state.queue.enter(
                ticket: ticket,
                capability: capability,
                priority: priority.rule,
                deadline: deadline,
                now: now
            )
            switch outcome {
            case .admitted: return (.admitted, nil, false)
            case .queued(let displaced):
                state.turns[ticket] = turn
                waits()
                defer { state.isWatched = true }
                return (
                    .waiting(ticket: ticket), displaced.flatMap { state.turns.removeValue(forKey: $0) },
                    !state.isWatched
                )
            case .refused(let reason): return (.refused(Self.error(reason)), nil, false)
            }
        }
        displaced?(Self.displaced)
        if isFirst { watch() }
        return entry
    }

    /// Gives a slot back; those whose turn it is go on before this returns.
    func leave(_ capability: Int, serviceTime: Duration?, now: ContinuousClock.Instant) {
        wake { $0.leave(capability, serviceTime: serviceTime, now: now) }
    }

    /// Bounds the calls of one capability; nil leaves it to the slots of all.
    func setLimit(_ limit: Int?, of capability: Int) {
        wake { $0.setLimit(limit, of: capability, now: .now) }
    }

    /// Changes the queue, and tells those who may go on and those whose time is over.
    private func wake(_ change: (inout AdmissionQueue) -> AdmissionQueue.Woken) {
        let (next, late) = state.withLock { state -> ([Turn], [Turn]) in
            let woken = change(&state.queue)
            guard !woken.admitted.isEmpty || !woken.expired.isEmpty else { return ([], []) }
            return (state.take(woken.admitted), state.take(woken.expired))
        }
        for turn in next { turn(nil) }
        for turn in late { turn(Deadline.passed) }
    }

    /// Takes back a call that waits; false when its turn has come, which its closure is or was told.
    func cancel(_ ticket: UInt64) -> Bool {
        state.withLock { state in
            guard state.queue.cancel(ticket: ticket) else { return false }
            state.turns[ticket] = nil
            return true
        }
    }

    /// Tells those who wait that their time is over, as long as anybody waits.
    private func watch() {
        // Unstructured, because it belongs to nobody who waits; it ends with the last of them.
        Task { [weak self] in
            while let next = self?.expire() {
                // Nothing cancels it.
                try? await Task.sleep(until: next)
            }
        }
    }

    /// The next moment to look; nil when nobody waits.
    private func expire() -> ContinuousClock.Instant? {
        let now = ContinuousClock.now
        let (late, next) = state.withLock { state -> ([Turn], ContinuousClock.Instant?) in
            let late = state.take(state.queue.expire(now: now))
            guard state.queue.waiting > 0, let deadline = state.queue.nextDeadline else {
                state.isWatched = false
                return (late, nil)
            }
            // Another may come in between whose time is shorter.
            return (late, min(deadline, now + .milliseconds(100)))
        }
        for turn in late { turn(Deadline.passed) }
        return next
    }

    private static let displaced = HeddleError(
        .overloaded,
        "a call of a higher priority took the place of this one in the queue",
        details: ["retry_after_ms": "1000"]
    )

    private static func error(_ reason: AdmissionQueue.Reason) -> HeddleError {
        switch reason {
        case .full(let retryAfter):
            HeddleError(
                .overloaded,
                "as many calls as may wait for the extension do so already",
                details: ["limit": "queue_length", "retry_after_ms": retryAfter.milliseconds]
            )
        case .late(let wait):
            HeddleError(
                .overloaded,
                "the call would wait for longer than it has time",
                details: ["estimated_wait_ms": wait.milliseconds, "retry_after_ms": wait.milliseconds]
            )
        case .expired, .duplicate: Deadline.passed
        }
    }
}

extension CallGate.State {
    fileprivate mutating func take(_ tickets: [UInt64]) -> [CallGate.Turn] {
        tickets.compactMap { turns.removeValue(forKey: $0) }
    }
}

extension CallPriority {
    fileprivate var rule: AdmissionQueue.Priority {
        switch self {
        case .high: .high
        case .normal: .normal
        case .low: .low
        }
    }
}

extension Duration {
    /// Whole milliseconds, rounded up.
    var milliseconds: String { String(Int((self / .milliseconds(1)).rounded(.up))) }
}
