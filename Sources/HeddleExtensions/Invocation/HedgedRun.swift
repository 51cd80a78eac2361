import HeddleModel
import HeddleResilience
import Synchronization

/// A call that changes nothing, asked of a second process when the first takes its time; the first answer counts.
///
/// The second one is sent only when it can be at once, to another process, and only as often as retries are allowed.
/// (Dean and Barroso, "The Tail at Scale", 2013.)
final class HedgedRun: Sendable {
    private struct State {
        var second: CallRun?
        var timer: Task<Void, Never>?
        /// Those that have not ended.
        var underWay = 1
        /// What the first to fail said, for when the other one fails too or never was.
        var failure: (any Error)?
        var isOver = false
    }

    private let service: InvocationService
    private let order: CallRun.Order
    private let target: InvocationService.Target
    private let completion: CallRun.Completion
    private let first = Mutex<CallRun?>(nil)
    private let state = Mutex(State())

    init(
        _ service: InvocationService,
        _ order: CallRun.Order,
        _ target: InvocationService.Target,
        completion: @escaping CallRun.Completion
    ) {
        self.service = service
        self.order = order
        self.target = target
        self.completion = completion
    }

    /// Makes the call, and once more when there is no answer after the pause.
    func begin(after pause: Duration) {
        let run = CallRun(service, order) { [self] in ended($0) }
        first.withLock { $0 = run }
        run.begin(target)
        // Unstructured, because nobody waits here; ended by whoever tells the caller.
        let timer = Task { [self] in
            guard (try? await Task.sleep(for: pause)) != nil else { return }
            hedge()
        }
        let isOver = state.withLock { state in
            state.timer = timer
            return state.isOver
        }
        if isOver { timer.cancel() }
    }

    /// Gives up whatever is under way.
    func cancel() {
        first.withLock(\.self)?.cancel()
        let (second, timer) = state.withLock { ($0.second, $0.timer) }
        timer?.cancel()
        second?.cancel()
    }

    private func hedge() {
        guard let busy = first.withLock(\.self)?.instanceNumber, target.entry.pool.canHedge(),
            state.withLock({ !$0.isOver && $0.failure == nil }),
            target.entry.pool.retryBudget.withLock({ $0.withdraw(now: .now) })
        else { return }
        let run = CallRun(service, order, avoiding: busy) { [self] in ended($0) }
        let begins = state.withLock { state in
            guard !state.isOver, state.failure == nil else { return false }
            state.second = run
            state.underWay += 1
            return true
        }
        guard begins else { return }
        target.runtime.statistics.hedged()
        run.begin(target)
    }

    /// One of them has ended: an answer counts at once, a failure only when no other is under way.
    private func ended(_ result: Result<InvocationService.Answer, any Error>) {
        let told = state.withLock { state -> Result<InvocationService.Answer, any Error>? in
            state.underWay -= 1
            guard !state.isOver else { return nil }
            if case .failure(let error) = result {
                // The second one says nothing of the call when it found no process.
                let first = state.failure ?? error
                state.failure = CallRun.isAbandoned(first) ? error : first
                guard state.underWay == 0 else { return nil }
            }
            state.isOver = true
            if case .failure = result, let failure = state.failure { return .failure(failure) }
            return result
        }
        if let told {
            cancel()
            completion(told)
        }
        // They hold each other until now.
        guard state.withLock({ $0.isOver && $0.underWay == 0 }) else { return }
        first.withLock { $0 = nil }
        state.withLock { $0.second = nil }
    }
}
