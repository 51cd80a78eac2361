import HeddleCache
package import HeddleMCP
package import HeddleModel
package import JSON

/// How important a call is when calls have to wait.
package enum CallPriority: String, Sendable, CaseIterable {
    case high, normal, low
}

/// What a call wants of the results that are kept.
package enum CacheMode: String, Sendable, CaseIterable {
    /// A kept result if there is one.
    case standard = "default"
    /// No kept result, and its own is not kept.
    case bypass
    /// No kept result; its own takes the place of it.
    case refresh
    /// A kept result or none at all.
    case onlyIfCached = "only-if-cached"
}

extension InvocationService {
    /// One call as it was asked for.
    package struct Request: Sendable {
        package let extensionName: String
        package let capability: String
        /// An object, passed on byte for byte; nil for none.
        package let parameters: JSONView?
        /// How long the caller waits, a cold start included.
        package let timeout: Duration
        /// The session of the caller, for extensions that have a process for each.
        package var session: String?
        package var priority = CallPriority.normal
        package var cache = CacheMode.standard
        /// How long its result may be kept; nil leaves it to the capability.
        package var cacheTTL: Duration?
        /// Whether the answer tells how the call went.
        package var wantsTrace = false
        /// The client behind the call, for extensions that ask something; nil when nobody can be asked.
        package var port: MCPClientPort?
        /// What a call that needed input goes on with, as members of its parameters with a comma before each.
        package var continuation: [UInt8] = []
        /// The process that the last round went to.
        package var preferredInstance: UInt64?
        /// Gets progress notifications when the caller wants them.
        package var progress: (@Sendable (JSONView) -> Void)?

        package init(extensionName: String, capability: String, parameters: JSONView?, timeout: Duration) {
            self.extensionName = extensionName
            self.capability = capability
            self.parameters = parameters
            self.timeout = timeout
        }

        /// Takes over how another call is made, for one that is made the same way.
        package mutating func take(from other: Request) {
            (session, priority, cache, cacheTTL) = (other.session, other.priority, other.cache, other.cacheTTL)
            (wantsTrace, progress) = (other.wantsTrace, other.progress)
        }
    }

    /// What came of a call.
    package struct Answer: Sendable {
        package let executionID: ExecutionID
        package let capability: String
        package var elapsed: Duration
        package let outcome: MCPOutcome
        /// Tries that were made of it.
        package let attempts: Int
        /// Whether it comes from the results that are kept.
        package var isCached = false
        /// How long the result is kept from now on; nil when it is not.
        package var timeToLive: Duration?
        /// Whether the result is older than it should be, and a new one is being fetched.
        package var isStale = false
        /// How the call went, for those who asked.
        package var trace: CallTrace?
        /// The process that answered; nil for a kept result.
        package var instance: UInt64?
        /// Whether the extension said that the call failed.
        package let isFailure: Bool

        init(executionID: ExecutionID, capability: String, elapsed: Duration, outcome: MCPOutcome, attempts: Int) {
            self.executionID = executionID
            self.capability = capability
            self.elapsed = elapsed
            self.outcome = outcome
            self.attempts = attempts
            isFailure =
                switch outcome {
                case .result(let result): result["isError"]?.bool ?? false
                case .failure: true
                }
        }
    }

    /// The time of a call.
    struct Span: Sendable {
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

    /// What a request leads to.
    struct Target: Sendable {
        let entry: RegistryEntry
        let tool: ToolDefinition
        let policy: CallPolicy
        let runtime: CapabilityRuntime

        init(entry: RegistryEntry, capability: RegistryEntry.Capability) {
            self.entry = entry
            tool = capability.tool
            policy = capability.policy
            runtime = capability.runtime
        }

        /// The process that a call wants.
        func wish(of order: CallRun.Order) -> InstancePool.Request {
            var wish = InstancePool.Request()
            wish.session = session(of: order)
            wish.preferred = order.request.preferredInstance
            if let name = policy.hashParameter, let value = order.request.parameters?.member(name) {
                wish.key = Self.hash(value)
            }
            return wish
        }

        /// The session whose process a call wants; nil where all share them.
        func session(of order: CallRun.Order) -> String? {
            guard entry.pool.rules.isolation == .session else { return nil }
            return Self.sessionKey(order.caller, order.request.session)
        }

        /// Names a session of one principal, so that nobody gets into that of another by knowing its name.
        static func sessionKey(_ caller: Caller, _ session: String?) -> String {
            "\(caller.principal)\u{0}\(session ?? "")"
        }

        /// The same number for the same value, whenever and wherever it is asked for.
        private static func hash(_ value: JSONView) -> UInt64 {
            var canonical: [UInt8] = []
            value.appendCanonical(to: &canonical)
            var hasher = CacheKey.Hasher(secret: CacheSecret(low: 0, high: 0))
            hasher.combine(canonical)
            return hasher.finalize().low
        }

        /// The answer, unless only a caller with abilities that we did not declare could use it, or it is not what the
        /// tool promised.
        func answer(_ outcome: MCPOutcome, _ order: CallRun.Order, attempts: Int) -> Result<Answer, any Error> {
            if case .result(let result) = outcome {
                let type = result["resultType"]
                let isComplete = type.map { $0.equals("complete") } ?? true
                guard isComplete || order.request.port?.takesAllResults == true else {
                    let name = (type?.string ?? "").clipped(32)
                    return .failure(
                        HeddleError(
                            .extensionProtocol,
                            "the extension answered with a result of type '\(name)', which was not offered to it"
                        )
                    )
                }
                do throws(HeddleError) {
                    if isComplete { try tool.contract.checkResult(result) }
                } catch {
                    return .failure(error)
                }
            }
            return .success(
                Answer(
                    executionID: ExecutionID(),
                    capability: tool.name,
                    elapsed: .now - order.span.start,
                    outcome: outcome,
                    attempts: attempts
                )
            )
        }
    }
}
