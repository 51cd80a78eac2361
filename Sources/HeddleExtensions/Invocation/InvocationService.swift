package import HeddleMCP
package import HeddleModel
package import JSON
import Synchronization

/// Calls capabilities: the one path that every door leads to.
package final class InvocationService: Sendable {
    /// One call as it was asked for.
    package struct Request: Sendable {
        package let extensionName: String
        package let capability: String
        /// An object, passed on byte for byte; nil for none.
        package let parameters: JSONView?
        /// How long the caller waits, a cold start included.
        package let timeout: Duration
        /// Gets progress notifications when the caller wants them.
        package let progress: (@Sendable (JSONView) -> Void)?

        package init(
            extensionName: String,
            capability: String,
            parameters: JSONView?,
            timeout: Duration,
            progress: (@Sendable (JSONView) -> Void)? = nil
        ) {
            self.extensionName = extensionName
            self.capability = capability
            self.parameters = parameters
            self.timeout = timeout
            self.progress = progress
        }
    }

    /// What came of a call.
    package struct Answer: Sendable {
        package let executionID: ExecutionID
        package let elapsed: Duration
        package let outcome: MCPOutcome
    }

    /// The time a call has when it names none.
    package static let defaultTimeout = Duration.seconds(30)
    /// The most time a call may ask for.
    package static let maximumTimeout = Duration.seconds(3600)

    private let registry: ExtensionRegistry
    private let total = Atomic<Int>(0)
    private let failed = Atomic<Int>(0)
    private let inFlight = Atomic<Int>(0)

    package init(registry: ExtensionRegistry) {
        self.registry = registry
    }

    /// Calls since the start, those of them that could not be made or failed, and those under way.
    package var counts: (total: Int, failed: Int, inFlight: Int) {
        (total.load(ordering: .relaxed), failed.load(ordering: .relaxed), inFlight.load(ordering: .relaxed))
    }

    /// Calls a capability and waits for its answer.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound`, `capabilityNotFound`, `extensionInactive`, `definitionHeld`,
    ///   `invalidParameters`, or what the start and the conversation throw.
    package func invoke(_ caller: Caller, _ request: Request) async throws -> Answer {
        total.add(1, ordering: .relaxed)
        inFlight.add(1, ordering: .relaxed)
        defer { inFlight.subtract(1, ordering: .relaxed) }
        do {
            let answer = try await call(caller, request)
            count(.success(answer))
            return answer
        } catch {
            count(.failure(error))
            throw error
        }
    }

    private func count(_ answer: Result<Answer, any Error>) {
        if case .success(let answer) = answer, case .result = answer.outcome { return }
        failed.add(1, ordering: .relaxed)
    }

    /// Calls a capability without suspending the caller, who is told the outcome once, on any thread.
    ///
    /// While a process is ready no task is made; otherwise the call goes on as ``invoke(_:_:)`` does. Progress is not
    /// passed on. The closure that is returned gives the call up.
    package func start(
        _ caller: Caller,
        _ request: Request,
        completion: @escaping @Sendable (Result<Answer, any Error>) -> Void
    ) -> @Sendable () -> Void {
        let (pool, tool): (InstancePool, ToolDefinition)
        do throws(HeddleError) {
            (pool, tool) = try find(request)
            // Schemas are compiled at the first call after a start, which may take longer than a thread of the network has.
            guard tool.contract.isCompiled else { return startTask(caller, request, completion) }
            try tool.contract.checkParameters(request.parameters)
        } catch {
            total.add(1, ordering: .relaxed)
            count(.failure(error))
            completion(.failure(error))
            return {}
        }
        guard let instance = pool.acquireReady() else { return startTask(caller, request, completion) }
        total.add(1, ordering: .relaxed)
        inFlight.add(1, ordering: .relaxed)
        let span = Span(caller, request)
        let second = SecondTry()
        let handle = instance.connection.startTool(
            tool.name,
            arguments: request.parameters,
            era: instance.greeting.era,
            timeout: span.end - span.start
        ) { [self] result in
            inFlight.subtract(1, ordering: .relaxed)
            let answer = result.flatMap { Self.answer($0, tool, span) }
            let error: (any Error)? = if case .failure(let error) = result { error } else { nil }
            pool.release(instance, succeeded: error == nil)
            if let error = error as? HeddleError, Self.wasNotSent(error) {
                total.subtract(1, ordering: .relaxed)
                return second.begin { startTask(caller, request, completion) }
            }
            count(answer)
            completion(answer)
        }
        return {
            handle.cancel()
            second.cancel()
        }
    }

    /// The try after one whose request never left; given up when the caller went away before it or during it.
    private final class SecondTry: Sendable {
        private let state = Mutex<(isCancelled: Bool, cancel: (@Sendable () -> Void)?)>((false, nil))

        func begin(_ start: () -> @Sendable () -> Void) {
            let cancel = start()
            let isCancelled = state.withLock { state in
                state.cancel = cancel
                return state.isCancelled
            }
            if isCancelled { cancel() }
        }

        func cancel() {
            let cancel = state.withLock { state in
                state.isCancelled = true
                return state.cancel
            }
            cancel?()
        }
    }

    private func startTask(
        _ caller: Caller,
        _ request: Request,
        _ completion: @escaping @Sendable (Result<Answer, any Error>) -> Void
    ) -> @Sendable () -> Void {
        // Unstructured, because nobody waits here: the outcome goes to the completion.
        let task = Task {
            do {
                completion(.success(try await invoke(caller, request)))
            } catch {
                completion(.failure(error))
            }
        }
        return { task.cancel() }
    }

    private func call(_ caller: Caller, _ request: Request) async throws -> Answer {
        let span = Span(caller, request)
        var (pool, tool) = try find(request)
        var isFirst = true
        while true {
            try tool.contract.checkParameters(request.parameters)
            do {
                return try await attempt(request, pool, tool, span)
            } catch let error as HeddleError where Self.wasNotSent(error) && isFirst {
                isFirst = false
            } catch let error as HeddleError where error.code == .extensionInactive {
                // A newer version took the place of this one between our look and our call.
                let last = pool
                (pool, tool) = try find(request)
                guard pool !== last else { throw error }
            }
        }
    }

    /// Whether the process was gone before the request left, so that a second try cannot run it twice.
    private static func wasNotSent(_ error: HeddleError) -> Bool { error.details["sent"] == "false" }

    /// The time of a call.
    private struct Span {
        let start = ContinuousClock.now
        /// When the call is over unless the extension tells of its progress.
        let end: ContinuousClock.Instant
        /// When it is over in any case.
        let limit: ContinuousClock.Instant

        init(_ caller: Caller, _ request: Request) {
            let longest = start + InvocationService.maximumTimeout
            limit = caller.deadline.map { min(longest, $0) } ?? longest
            end = min(start + request.timeout, limit)
        }
    }

    private func find(_ request: Request) throws(HeddleError) -> (InstancePool, ToolDefinition) {
        guard let entry = registry.snapshot.entry(request.extensionName) else {
            throw HeddleError(
                .extensionNotFound,
                "no extension is named '\(request.extensionName.prefix(80))'",
                details: ["extension": String(request.extensionName.prefix(80))]
            )
        }
        guard entry.registered.state == .active else {
            throw HeddleError(
                .extensionInactive,
                "the extension '\(entry.registered.name)' is \(entry.registered.state.rawValue), not active",
                details: ["extension": entry.registered.name.rawValue, "state": entry.registered.state.rawValue]
            )
        }
        guard !entry.registered.isHeld else { throw Self.held(entry.registered.name) }
        guard let tool = entry.tool(request.capability) else {
            throw HeddleError(
                .capabilityNotFound,
                "the extension '\(entry.registered.name)' has no capability '\(request.capability.prefix(128))'",
                details: [
                    "extension": entry.registered.name.rawValue, "capability": String(request.capability.prefix(128)),
                ]
            )
        }
        return (entry.pool, tool)
    }

    static func held(_ name: ExtensionName) -> HeddleError {
        HeddleError(
            .definitionHeld,
            "the tools of '\(name)' changed since they were accepted; look at them and accept them again",
            details: ["extension": name.rawValue]
        )
    }

    private func attempt(
        _ request: Request,
        _ pool: InstancePool,
        _ tool: ToolDefinition,
        _ span: Span
    ) async throws -> Answer {
        let instance: ExtensionInstance
        if let ready = pool.acquireReady() {
            instance = ready
        } else {
            instance = try await acquire(pool, until: span.end)
        }
        var succeeded = false
        defer { pool.release(instance, succeeded: succeeded) }
        let now = ContinuousClock.now
        guard span.end > now else { throw Deadline.passed }
        let outcome = try await instance.connection.callTool(
            tool.name,
            arguments: request.parameters,
            era: instance.greeting.era,
            timeout: span.end - now,
            maximumTimeout: request.progress.map { _ in span.limit - now },
            progress: request.progress
        )
        succeeded = true
        return try Self.answer(outcome, tool, span).get()
    }

    /// A process that is ready in time; one that comes too late for this call goes back.
    private func acquire(_ pool: InstancePool, until end: ContinuousClock.Instant) async throws -> ExtensionInstance {
        try await Deadline.run(until: end) {
            try await pool.acquire()
        } dropping: { instance in
            pool.release(instance, succeeded: false)
        }
    }

    /// The answer, unless only a caller with abilities that we did not declare could use it, or it is not what the tool
    /// promised.
    private static func answer(
        _ outcome: MCPOutcome,
        _ tool: ToolDefinition,
        _ span: Span
    ) -> Result<Answer, any Error> {
        if case .result(let result) = outcome, let type = result["resultType"], !type.equals("complete") {
            let name = (type.string ?? "").clipped(32)
            return .failure(
                HeddleError(
                    .extensionProtocol,
                    "the extension answered with a result of type '\(name)', which was not offered to it"
                )
            )
        }
        if case .result(let result) = outcome {
            do throws(HeddleError) {
                try tool.contract.checkResult(result)
            } catch {
                return .failure(error)
            }
        }
        return .success(
            Answer(
                executionID: ExecutionID(),
                elapsed: ContinuousClock.now - span.start,
                outcome: outcome
            )
        )
    }
}
