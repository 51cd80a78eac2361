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
        package let revision: MCPRevision
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
    ///   or what the start and the conversation throw.
    package func invoke(_ caller: Caller, _ request: Request) async throws -> Answer {
        total.add(1, ordering: .relaxed)
        inFlight.add(1, ordering: .relaxed)
        defer { inFlight.subtract(1, ordering: .relaxed) }
        do {
            let answer = try await call(caller, request)
            if case .failure = answer.outcome { failed.add(1, ordering: .relaxed) }
            return answer
        } catch {
            failed.add(1, ordering: .relaxed)
            throw error
        }
    }

    private func call(_ caller: Caller, _ request: Request) async throws -> Answer {
        let start = ContinuousClock.now
        var end = start + min(request.timeout, Self.maximumTimeout)
        if let deadline = caller.deadline { end = min(end, deadline) }
        let (pool, tool) = try find(request)
        do {
            return try await attempt(request, pool, tool, start, end)
        } catch let error as HeddleError where error.code == .extensionCrashed && error.details["sent"] == "false" {
            // The process was gone before the request left, so a second try cannot run it twice.
            return try await attempt(request, pool, tool, start, end)
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
        _ start: ContinuousClock.Instant,
        _ end: ContinuousClock.Instant
    ) async throws -> Answer {
        let instance: ExtensionInstance
        if let ready = pool.acquireReady() {
            instance = ready
        } else {
            instance = try await Deadline.run(until: end) { try await pool.acquire() }
        }
        var succeeded = false
        defer { pool.release(instance, succeeded: succeeded) }
        let now = ContinuousClock.now
        guard end > now else { throw Deadline.passed }
        let outcome = try await instance.connection.callTool(
            tool.name,
            arguments: request.parameters,
            era: instance.greeting.era,
            timeout: end - now,
            progress: request.progress
        )
        succeeded = true
        try Self.check(outcome)
        return Answer(
            executionID: ExecutionID(),
            elapsed: ContinuousClock.now - start,
            outcome: outcome,
            revision: instance.greeting.revision
        )
    }

    /// Refuses answers that only a caller with abilities we did not declare could use.
    private static func check(_ outcome: MCPOutcome) throws(HeddleError) {
        guard case .result(let result) = outcome, let type = result["resultType"], !type.equals("complete") else {
            return
        }
        throw HeddleError(
            .extensionProtocol,
            "the extension answered with a result of type '\((type.string ?? "").prefix(32))', which was not offered to it"
        )
    }
}
