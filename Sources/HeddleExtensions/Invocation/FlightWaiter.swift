import HeddleCache
import HeddleModel
import Synchronization

/// What came of a call that several wait for.
struct Landing: Sendable {
    let result: Result<InvocationService.Answer, any Error>
    /// Whose call it was.
    private let principal: String
    /// Whether the time or the end of that caller ended it, or its result is for nobody else.
    private let isOwn: Bool

    init(_ result: Result<InvocationService.Answer, any Error>, of order: CallRun.Order) {
        self.result = result
        principal = order.caller.principal
        switch result {
        case .success(let answer): isOwn = answer.isPrivate
        case .failure(let error as HeddleError) where error.code == .deadlineExceeded: isOwn = order.span.end <= .now
        case .failure(let error as HeddleError): isOwn = error.code == .cancelled
        case .failure: isOwn = false
        }
    }

    /// Whether it says nothing to another caller that waited for it.
    func concernsOnly(another caller: Caller) -> Bool {
        guard isOwn else { return false }
        guard case .success = result else { return true }
        return caller.principal != principal
    }
}

/// One of the callers that wait for the same result.
final class FlightWaiter: Sendable {
    private struct State {
        var ticket: SingleFlight<Landing>.Ticket?
        var timer: Task<Void, Never>?
        var leads = false
        var isTold = false
    }

    let order: CallRun.Order
    let target: InvocationService.Target
    let service: InvocationService
    private let results: ResultCache
    private let completion: CallRun.Completion
    private let state = Mutex(State())

    init(
        _ results: ResultCache,
        _ order: CallRun.Order,
        _ target: InvocationService.Target,
        _ service: InvocationService,
        _ completion: @escaping CallRun.Completion
    ) {
        self.results = results
        self.order = order
        self.target = target
        self.service = service
        self.completion = completion
    }

    /// Notes the place among those who wait; one that follows is told when its own time is over.
    func waits(with ticket: FlightTicket, leads: Bool) {
        let isTold = state.withLock { state in
            state.ticket = ticket
            state.leads = leads
            return state.isTold
        }
        if isTold { return results.leave(ticket) }
        // The one that leads has a call with a deadline of its own.
        guard !leads else { return }
        // Unstructured, because the caller waits on no task; ended by whoever tells it.
        let timer = Task { [self] in
            guard (try? await Task.sleep(until: order.span.end)) != nil else { return }
            giveUp(Deadline.passed)
        }
        let isLate = state.withLock { state in
            state.timer = timer
            return state.isTold
        }
        if isLate { timer.cancel() }
    }

    func cancel() { giveUp(HeddleError(.cancelled, "the caller went away")) }

    private func giveUp(_ error: HeddleError) {
        let ticket = state.withLock(\.ticket)
        if tell(.failure(error)), let ticket { results.leave(ticket) }
    }

    /// The shared call has ended; one whose end concerns only the caller that made it is made again.
    func landed(_ landing: Result<Landing, any Error>) {
        guard case .success(let landing) = landing else { return }
        let leads = state.withLock(\.leads)
        if !leads, order.span.end > .now, landing.concernsOnly(another: order.caller) {
            let isTold = state.withLock { state in
                state.timer?.cancel()
                state.timer = nil
                return state.isTold
            }
            return isTold ? () : results.joinAgain(self)
        }
        var own = landing.result
        if case .success(var answer) = own {
            answer.elapsed = .now - order.span.start
            own = .success(answer)
        }
        tell(own)
    }

    /// Tells the caller, once; false when it was told before.
    @discardableResult
    func tell(_ result: Result<InvocationService.Answer, any Error>) -> Bool {
        let timer = state.withLock { state -> Task<Void, Never>?? in
            guard !state.isTold else { return nil }
            state.isTold = true
            return .some(state.timer)
        }
        guard let timer else { return false }
        timer?.cancel()
        completion(result)
        return true
    }
}
