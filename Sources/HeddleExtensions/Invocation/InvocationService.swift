import HeddleMCP
package import HeddleModel
import HeddleResilience
import HeddleTelemetry
package import Logging
import Synchronization

/// Calls capabilities: the one path that every door leads to.
package final class InvocationService: Sendable {
    /// The time a call has when it names none.
    package static let defaultTimeout = Duration.seconds(30)
    /// The most time a call may ask for.
    package static let maximumTimeout = Duration.seconds(3600)

    let registry: ExtensionRegistry
    let results: ResultCache
    let limits: CallLimits
    /// What the circuit breakers did.
    package let breakerJournal: BreakerJournal
    private let logger: Logger
    private let total = Atomic<Int>(0)
    private let failed = Atomic<Int>(0)
    private let inFlight = Atomic<Int>(0)

    package init(
        registry: ExtensionRegistry,
        results: ResultCache = ResultCache(),
        limits: CallLimits = CallLimits(),
        clock: any WallClock,
        logger: Logger
    ) {
        self.registry = registry
        self.results = results
        self.limits = limits
        self.logger = logger
        breakerJournal = BreakerJournal(clock: clock)
    }

    /// Calls since the start, those of them that could not be made or failed, and those under way.
    package var counts: (total: Int, failed: Int, inFlight: Int) {
        (total.load(ordering: .relaxed), failed.load(ordering: .relaxed), inFlight.load(ordering: .relaxed))
    }

    /// Calls a capability and waits for its answer.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound`, `capabilityNotFound`, `extensionInactive`, `definitionHeld`,
    ///   `invalidParameters`, `circuitOpen`, `overloaded`, `rateLimited`, `notCached`, or what the start and the
    ///   conversation throw.
    package func invoke(_ caller: Caller, _ request: Request) async throws -> Answer {
        let cancel = LateCancel()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                cancel.set(start(caller, request) { continuation.resume(with: $0) })
            }
        } onCancel: {
            cancel.cancel()
        }
    }

    /// Calls a capability without suspending the caller, who is told the outcome once, on any thread.
    ///
    /// The closure that is returned gives the call up.
    package func start(
        _ caller: Caller,
        _ request: Request,
        completion: @escaping @Sendable (Result<Answer, any Error>) -> Void
    ) -> @Sendable () -> Void {
        total.add(1, ordering: .relaxed)
        inFlight.add(1, ordering: .relaxed)
        let span = Span(caller, request)
        var found: Target?
        let target: Target
        let lease: CallLimits.Lease?
        do throws(HeddleError) {
            target = try find(request)
            found = target
            lease = try limits.enter(caller, now: span.start)
        } catch {
            found?.runtime.statistics.failed(.rejected, now: span.start)
            count(.failure(error))
            completion(.failure(error))
            return {}
        }
        let told: @Sendable (Result<Answer, any Error>) -> Void = { [self] result in
            lease?.end()
            count(result)
            completion(result)
        }
        // Schemas are compiled at the first call after a start, which may take longer than a thread of the network has.
        guard target.tool.contract.isCompiled else {
            let later = LateCancel()
            // Unstructured, because nobody waits here; the completion is told.
            Task { [self] in later.set(checked(caller, request, target, span, told)) }
            return { later.cancel() }
        }
        return checked(caller, request, target, span, told)
    }

    private func checked(
        _ caller: Caller,
        _ request: Request,
        _ target: Target,
        _ span: Span,
        _ completion: @escaping CallRun.Completion
    ) -> @Sendable () -> Void {
        do throws(HeddleError) {
            try target.tool.contract.checkParameters(request.parameters)
        } catch {
            target.runtime.statistics.failed(.rejected, now: .now)
            completion(.failure(error))
            return {}
        }
        let order = CallRun.Order(
            caller: caller,
            request: request,
            span: span,
            isRepeatable: target.policy.isIdempotent
        )
        // What goes on with an answer of the client is nobody else's, and neither is a question on the way to a kept result.
        if target.policy.caching != nil, request.continuation.isEmpty {
            return results.start(order.unasked, target, self, completion)
        }
        guard request.cache != .onlyIfCached else {
            completion(.failure(ResultCache.missing(target)))
            return {}
        }
        return run(order, target, completion)
    }

    /// Makes a call whose result is not to be had otherwise.
    func run(
        _ order: CallRun.Order,
        _ target: Target,
        _ completion: @escaping CallRun.Completion
    ) -> @Sendable () -> Void {
        let scope = target.entry.pool.results
        let changes = !target.policy.isReadOnly
        let told: CallRun.Completion = { [self] result in
            // Whatever it came to, it may have changed what was kept.
            if changes, scope.isUsed { results.forget(scope) }
            completion(result)
        }
        if let pause = target.policy.hedge, order.request.progress == nil, order.request.port?.ask == nil,
            target.entry.pool.canHedge()
        {
            let run = HedgedRun(self, order, target, completion: told)
            run.begin(after: pause)
            return { run.cancel() }
        }
        let run = CallRun(self, order, completion: told)
        run.begin(target)
        return { run.cancel() }
    }

    private func count(_ result: Result<Answer, any Error>) {
        inFlight.subtract(1, ordering: .relaxed)
        let isFailure =
            switch result {
            case .success(let answer): answer.isFailure
            case .failure: true
            }
        if isFailure { failed.add(1, ordering: .relaxed) }
    }

    // MARK: Looking up

    /// Whether there is what a request names.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound`, `extensionInactive`, `definitionHeld` or `capabilityNotFound`.
    package func check(_ request: Request) throws(HeddleError) { _ = try find(request) }

    /// The tool that a request names, with its extension.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound`, `extensionInactive`, `definitionHeld` or `capabilityNotFound`.
    func find(_ request: Request) throws(HeddleError) -> Target {
        let entry = try registry.active(request.extensionName)
        guard let capability = entry.capability(request.capability) else {
            throw HeddleError(
                .capabilityNotFound,
                "the extension '\(entry.registered.name)' has no capability '\(request.capability.prefix(128))'",
                details: [
                    "extension": entry.registered.name.rawValue, "capability": String(request.capability.prefix(128)),
                ]
            )
        }
        return Target(entry: entry, capability: capability)
    }

    static func held(_ name: ExtensionName) -> HeddleError {
        HeddleError(
            .definitionHeld,
            "the tools of '\(name)' changed since they were accepted; look at them and accept them again",
            details: ["extension": name.rawValue]
        )
    }

    /// Closes the breaker of a capability; false when it was closed.
    package func resetBreaker(of entry: RegistryEntry, _ capability: RegistryEntry.Capability) -> Bool {
        guard let change = capability.runtime.resetBreaker() else { return false }
        breakerChanged(Target(entry: entry, capability: capability), change)
        return true
    }

    /// Tells of a breaker that opened, closed or lets probes through.
    func breakerChanged(_ target: Target, _ change: CircuitBreaker.Transition) {
        if change.to == .open { target.runtime.statistics.breakerOpened() }
        breakerJournal.append(target.entry.registered.name, target.tool.name, change)
        logger.notice(
            "A circuit breaker changed",
            metadata: [
                "extension": "\(target.entry.registered.name)", "capability": "\(target.tool.name)",
                "from": "\(change.from.rawValue)", "to": "\(change.to.rawValue)", "reason": "\(change.reason.rawValue)",
            ]
        )
    }
}
