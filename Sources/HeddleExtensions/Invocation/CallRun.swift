import HeddleMCP
import HeddleModel
import HeddleResilience
import HeddleTelemetry
import JSON
import Synchronization

/// One call from its first try to its one answer: breaker, slot, process, and again where that is safe.
///
/// Everything happens in callbacks, so that a call that finds a process ready makes no task and waits on no thread.
final class CallRun: Sendable {
    typealias Completion = @Sendable (Result<InvocationService.Answer, any Error>) -> Void

    /// What the call needs and never changes.
    struct Order: Sendable {
        let caller: Caller
        let request: InvocationService.Request
        let span: InvocationService.Span
        /// Tried again only when the request never left, or this says that it does no harm.
        let isRepeatable: Bool

        /// The same for a client that is asked nothing.
        var unasked: Order {
            guard request.port != nil else { return self }
            var other = request
            other.port = nil
            return Order(caller: caller, request: other, span: span, isRepeatable: isRepeatable)
        }
    }

    private struct State {
        /// Gives up what is under way.
        var cancel: (@Sendable () -> Void)?
        var isCancelled = false
        /// Counts the steps that can be given up: the queue, the wait for a process, the call, the pause before the next.
        var step = 0
        var attempts = 0
        var trace: CallTrace?
        /// Told once; it may hold what holds this.
        var completion: Completion?
        /// The process that works on it.
        var instanceNumber: UInt64?
        /// Whether the slot was given back before the end, since the extension waits for the client.
        var hasLeft = false
    }

    /// One try: what it holds and has to give back.
    private struct Try: Sendable {
        let target: InvocationService.Target
        let permit: CircuitBreaker.Permit
        let began: ContinuousClock.Instant
        /// When it was let in, so that the time in the queue counts as nobody's slowness.
        var admitted: ContinuousClock.Instant?
    }

    private let service: InvocationService
    private let order: Order
    /// The process that has the call already; this one goes to another at once or not at all.
    private let avoided: UInt64?
    private let state: Mutex<State>

    init(
        _ service: InvocationService,
        _ order: Order,
        avoiding avoided: UInt64? = nil,
        completion: @escaping Completion
    ) {
        self.service = service
        self.order = order
        self.avoided = avoided
        state = Mutex(
            State(trace: order.request.wantsTrace ? CallTrace(since: order.span.start) : nil, completion: completion)
        )
    }

    private func trace(_ step: StaticString) {
        guard order.request.wantsTrace else { return }
        state.withLock { $0.trace?.step(step) }
    }

    /// Gives the call up; its completion is told so when it has no answer yet.
    func cancel() {
        let cancel = state.withLock { state in
            state.isCancelled = true
            return state.cancel
        }
        cancel?()
    }

    /// Begins a step that can be given up.
    private func step() -> Int {
        state.withLock { state in
            state.step += 1
            state.cancel = nil
            return state.step
        }
    }

    /// Notes how to give up the step that was begun; at once when the caller is gone already.
    ///
    /// The next step may have begun on another thread before the one that began this has noted how to end it: that is of no
    /// more use then, and must not take the place of how to end the next.
    private func setCancel(_ step: Int, _ cancel: @escaping @Sendable () -> Void) {
        let isCancelled = state.withLock { state in
            guard state.step == step else { return false }
            state.cancel = cancel
            return state.isCancelled
        }
        if isCancelled { cancel() }
    }

    /// Tells the caller, and holds nothing any more that holds this.
    private func finish(_ result: Result<InvocationService.Answer, any Error>) {
        let completion = state.withLock { state in
            state.step += 1
            state.cancel = nil
            defer { state.completion = nil }
            return state.completion
        }
        completion?(result)
    }

    private var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// The process that works on the call; nil before it has one.
    var instanceNumber: UInt64? { state.withLock(\.instanceNumber) }

    // MARK: A try

    /// Makes a try; the target was looked up a moment ago.
    func begin(_ target: InvocationService.Target) {
        let now = ContinuousClock.now
        let (attempt, step) = state.withLock { state in
            state.attempts += 1
            state.step += 1
            state.cancel = nil
            return (state.attempts, state.step)
        }
        if attempt == 1, avoided == nil { target.entry.pool.retryBudget.withLock { $0.deposit(now: now) } }
        let admission = target.runtime.admit(now: now)
        guard case .admitted(let permit) = admission else {
            guard case .refused(let wait) = admission else { return }
            target.runtime.statistics.failed(.refused, now: now)
            return finish(.failure(Self.circuitOpen(target, wait)))
        }
        if let transition = permit.transition { service.breakerChanged(target, transition) }
        let this = Try(target: target, permit: permit, began: now)
        let entry = target.entry.pool.gate.enter(
            target.runtime.number,
            priority: order.request.priority,
            deadline: order.span.end,
            now: now,
            waits: { target.runtime.statistics.queued(now: now) },
            turn: { [self] error in
                target.runtime.statistics.dequeued(now: .now)
                if let error { return refused(this, error) }
                proceed(this)
            }
        )
        switch entry {
        case .admitted: proceed(this)
        case .waiting(let ticket):
            let leave: @Sendable (HeddleError) -> Void = { [self] error in
                guard target.entry.pool.gate.cancel(ticket) else { return }
                target.runtime.statistics.dequeued(now: .now)
                refused(this, error)
            }
            setCancel(step) { leave(Self.cancelled) }
            if avoided != nil { leave(Self.abandoned) }
        case .refused(let error): refused(this, error)
        }
    }

    /// The call was not let in: nothing but the permit is to be given back.
    private func refused(_ this: Try, _ error: HeddleError) {
        let now = ContinuousClock.now
        record(this, .neutral, now: now)
        this.target.runtime.statistics.failed(CallFailure(error, isBegun: false), now: now)
        finish(.failure(attempts == 1 ? error.unsent : error))
    }

    /// The call has a slot: find a process for it.
    private func proceed(_ queued: Try) {
        var this = queued
        let pool = this.target.entry.pool
        let now = ContinuousClock.now
        this.admitted = now
        state.withLock { $0.hasLeft = false }
        this.target.runtime.statistics.began(waited: now - this.began, now: now)
        trace("admission")
        var wish = this.target.wish(of: order)
        wish.avoided = avoided
        if !isCancelled, let instance = pool.acquireReady(wish) {
            guard let avoided, instance.number == avoided else { return send(this, instance) }
            pool.release(instance, .neutral)
        }
        guard avoided == nil else { return unserved(this, Self.abandoned) }
        let step = step()
        // Unstructured, because nobody waits here; the completion is told.
        let task = Task { [self, this, wish] in
            do {
                let instance = try await Deadline.run(until: order.span.end) {
                    try await pool.acquire(wish)
                } dropping: { instance in
                    pool.release(instance, .neutral)
                }
                send(this, instance)
            } catch {
                unserved(this, error)
            }
        }
        setCancel(step) { task.cancel() }
    }

    /// The call has a slot and gets no process.
    private func unserved(_ this: Try, _ error: any Error) {
        let now = ContinuousClock.now
        this.target.entry.pool.gate.leave(this.target.runtime.number, serviceTime: nil, now: now)
        let isOurs = (error as? HeddleError)?.code == .startFailed
        record(this, isOurs ? .failure : .neutral, now: now)
        this.target.runtime.statistics.ended(CallFailure(error), after: now - this.began, now: now)
        failed(error, this.target, wasSent: false)
    }

    private func send(_ this: Try, _ instance: ExtensionInstance) {
        let now = ContinuousClock.now
        guard order.span.end > now else { return ended(this, instance, .failure(Deadline.passed), .neutral) }
        trace("process")
        let step = state.withLock { state in
            state.instanceNumber = instance.number
            state.step += 1
            state.cancel = nil
            return state.step
        }
        let policy = this.target.policy
        var timeout = order.span.end - now
        if let attempt = policy.attempt, order.isRepeatable { timeout = min(timeout, attempt) }
        let handle = instance.connection.startTool(
            MCPToolRequest(
                tool: this.target.tool.name,
                arguments: order.request.parameters,
                extra: order.request.continuation
            ),
            era: instance.greeting.era,
            timeout: timeout,
            maximumTimeout: order.request.progress.map { _ in order.span.limit - now },
            port: port(of: this),
            progress: order.request.progress
        ) { [self] result in
            ended(this, instance, result, Self.outcome(result))
        }
        setCancel(step, handle.cancel)
    }

    /// The client behind the call; what it is asked costs others no slot, however long it thinks.
    private func port(of this: Try) -> MCPClientPort? {
        guard var port = order.request.port, let ask = port.ask else { return order.request.port }
        port.ask = { [self] question in
            leave(this, serviceTime: nil, now: .now)
            ask(question)
        }
        return port
    }

    /// Gives the slot back, once.
    private func leave(_ this: Try, serviceTime: Duration?, now: ContinuousClock.Instant) {
        let isFirst = state.withLock { state in
            defer { state.hasLeft = true }
            return !state.hasLeft
        }
        if isFirst { this.target.entry.pool.gate.leave(this.target.runtime.number, serviceTime: serviceTime, now: now) }
    }

    /// The process had its say: everything is given back before anybody is told.
    private func ended(
        _ this: Try,
        _ instance: ExtensionInstance,
        _ result: Result<MCPOutcome, any Error>,
        _ outcome: CallOutcome
    ) {
        let now = ContinuousClock.now
        let target = this.target
        if !target.policy.isReadOnly, case .failure(let error) = result, Self.wasSent(error),
            !Self.isEndOfConnection(result)
        {
            target.entry.pool.results.left(instance.number)
        }
        let isOut = target.entry.pool.release(instance, outcome, began: this.began, now: now)
        // One process that ends is one failure for the breaker, whatever it had under way; and what a process does that is
        // left out says nothing of the others.
        let isCounted = outcome != .failure || !isOut && (!Self.isEndOfConnection(result) || instance.countEnd())
        record(this, isCounted ? outcome.forBreaker : .neutral, now: now)
        let time = outcome == .neutral ? nil : now - (this.admitted ?? this.began)
        leave(this, serviceTime: time, now: now)
        trace("call")
        let answer = result.flatMap { finished($0, target) }
        target.runtime.statistics.ended(CallFailure(answer), after: now - this.began, now: now)
        switch result {
        case .success: finish(answer)
        case .failure(let error): failed(error, target, wasSent: Self.wasSent(error))
        }
    }

    private func finished(
        _ outcome: MCPOutcome,
        _ target: InvocationService.Target
    ) -> Result<InvocationService.Answer, any Error> {
        let (attempts, trace) = state.withLock { ($0.attempts, $0.trace) }
        return target.answer(outcome, order, attempts: attempts)
            .map { answer in
                var traced = answer
                traced.trace = trace
                traced.instance = instanceNumber
                return traced
            }
    }

    private var attempts: Int { state.withLock { $0.attempts } }

    private func record(_ this: Try, _ outcome: CircuitBreaker.Outcome, now: ContinuousClock.Instant) {
        let runtime = this.target.runtime
        // The time of a person who was asked is not the extension's.
        let duration = state.withLock(\.hasLeft) ? .zero : now - (this.admitted ?? now)
        if let change = runtime.record(this.permit, outcome, duration: duration, now: now) {
            service.breakerChanged(this.target, change)
        }
    }

    // MARK: After a failure

    /// Tries again when that is safe and there is time, or tells the caller.
    private func failed(_ error: any Error, _ target: InvocationService.Target, wasSent: Bool) {
        guard let failure = error as? HeddleError, !isCancelled, avoided == nil else {
            return finish(.failure(error))
        }
        let now = ContinuousClock.now
        if failure.code == .extensionInactive, let next = try? service.find(order.request),
            next.entry.pool !== target.entry.pool
        {
            // A newer version took the place of this one between our look and our call.
            return begin(next)
        }
        guard Self.isWorthAnother(failure), !wasSent || order.isRepeatable else {
            return finish(.failure(error))
        }
        let attempt = attempts
        // What never left costs nobody anything: the next process is asked at once.
        if !wasSent, attempt == 1, failure.details["sent"] == "false" { return again() }
        var generator = SystemRandomNumberGenerator()
        let decision = target.entry.pool.retryBudget.withLock { budget in
            target.policy.retries.decide(
                attempt: attempt,
                remaining: order.span.end - now,
                hint: failure.details["retry_after_ms"].flatMap(Int.init).map { .milliseconds($0) },
                budget: &budget,
                now: now,
                using: &generator
            )
        }
        guard case .retry(let pause) = decision else { return finish(.failure(error)) }
        target.runtime.statistics.retried()
        let step = step()
        // Unstructured, because nobody waits here; the completion is told.
        let task = Task { [self] in
            do {
                try await Task.sleep(for: pause)
                trace("pause")
                again()
            } catch {
                finish(.failure(Self.cancelled))
            }
        }
        setCancel(step) { task.cancel() }
    }

    private func again() {
        // It may have been exchanged in the meantime.
        do throws(HeddleError) {
            begin(try service.find(order.request))
        } catch {
            finish(.failure(error))
        }
    }
}
