import JSON

extension Manifest {
    /// With whom a process of the extension may be shared.
    package enum Isolation: String, Sendable, CaseIterable {
        /// With everybody.
        case shared
        /// With everybody of one tenant.
        case tenant
        /// With nobody: each session has its own.
        case session
    }

    /// Which process gets the next call.
    package enum Balancing: String, Sendable, CaseIterable {
        case leastConnections = "least_connections"
        case roundRobin = "round_robin"
        /// The same one for calls that agree in a parameter.
        case consistentHash = "consistent_hash"
    }

    /// How many processes the extension has and how many calls they take.
    package struct Scaling: Sendable, Hashable {
        /// Processes that the first call starts.
        package let least: Int
        /// The most processes at once; for each session where sessions have their own.
        package let most: Int
        /// Calls that each has under way before another is started.
        package let callsEach: Int
        /// Calls that all of them have under way at once; more of them wait.
        package let slots: Int
        /// Calls that may wait.
        package let queue: Int
        /// Sessions that have a process at once, where each has its own.
        package let sessions: Int
        package let balancing: Balancing
        /// The parameter by which ``Balancing/consistentHash`` goes.
        package let hashParameter: String?
    }

    /// How results are kept for calls that ask the same.
    package struct ResultCaching: Sendable, Hashable {
        /// False turns it off, whatever the tools say of themselves.
        package let isEnabled: Bool
        /// How long a result is kept; nil leaves it to the configuration.
        package let ttlMilliseconds: Int?
        /// How long an outdated result is still given while a new one is fetched.
        package let staleMilliseconds: Int
        /// How long a declared error is kept; 0 keeps none.
        package let errorMilliseconds: Int
        /// The tools whose results are kept besides those that are declared read-only; nil names none.
        package let capabilities: Set<String>
        /// Whether the principals of a tenant share results; the parameters alone decide them then.
        package let isSharedInTenant: Bool
    }

    /// When calls of a capability are refused because they fail.
    package struct Breaking: Sendable, Hashable {
        package let failures: Int
        package let windowSeconds: Int
        package let openSeconds: Int
        package let probes: Int
        package let failureRatePercent: Int
        package let minimumCalls: Int
        package let slowCallMilliseconds: Int?
        package let slowRatePercent: Int
    }

    /// How calls that failed are made again.
    package struct Retrying: Sendable, Hashable {
        /// Tries after the first.
        package let most: Int
        package let baseMilliseconds: Int
        package let capMilliseconds: Int
        /// The time of one try; nil gives it all that the call has.
        package let attemptMilliseconds: Int?
        /// When a second process is asked the same, whose answer may come first; nil never does.
        package let hedgeMilliseconds: Int?
    }

    package var isolation: Isolation {
        recorded["isolation"]?.string.flatMap(Isolation.init) ?? .tenant
    }

    /// Whether it makes no difference which process gets a call.
    package var isStateless: Bool { recorded["stateless"]?.bool ?? false }

    /// What the `scaling` section says; `isStateless` also holds for those that say so by their protocol.
    package func scaling(isStateless: Bool) -> Scaling {
        let section = recorded["scaling"]
        let isScaled = section != nil && section?["strategy"]?.string != "none" && isStateless
        let most = isScaled ? section?["max_instances"]?.integer ?? 5 : 1
        return Scaling(
            least: min(most, isScaled ? section?["min_instances"]?.integer ?? 1 : 1),
            most: most,
            callsEach: section?["calls_per_instance"]?.integer ?? 8,
            slots: section?["slots"]?.integer ?? 100,
            queue: recorded["thresholds"]?["queue_length"]?.integer ?? 1000,
            sessions: section?["max_sessions"]?.integer ?? 64,
            balancing: section?["balancing"]?.string.flatMap(Balancing.init) ?? .leastConnections,
            hashParameter: section?["hash_parameter"]?.string
        )
    }

    package var resultCaching: ResultCaching {
        let section = recorded["cache"]
        return ResultCaching(
            isEnabled: section?["enabled"]?.bool ?? true,
            ttlMilliseconds: section?["ttl_ms"]?.integer,
            staleMilliseconds: section?["stale_ms"]?.integer ?? 0,
            errorMilliseconds: section?["errors_ttl_ms"]?.integer ?? 0,
            capabilities: Set(section?["capabilities"]?.array?.compactMap(\.string) ?? []),
            isSharedInTenant: section?["scope"]?.string == "tenant"
        )
    }

    package var breaking: Breaking {
        let section = recorded["breaker"]
        return Breaking(
            failures: section?["failures"]?.integer ?? 5,
            windowSeconds: section?["window_seconds"]?.integer ?? 60,
            openSeconds: section?["open_seconds"]?.integer ?? 30,
            probes: section?["probes"]?.integer ?? 1,
            failureRatePercent: section?["failure_rate_percent"]?.integer ?? 50,
            minimumCalls: section?["minimum_calls"]?.integer ?? 20,
            slowCallMilliseconds: section?["slow_call_ms"]?.integer,
            slowRatePercent: section?["slow_rate_percent"]?.integer ?? 100
        )
    }

    package var retrying: Retrying {
        let section = recorded["retry"]
        return Retrying(
            most: section?["max_retries"]?.integer ?? 3,
            baseMilliseconds: section?["base_ms"]?.integer ?? 1000,
            capMilliseconds: section?["cap_ms"]?.integer ?? 30_000,
            attemptMilliseconds: section?["attempt_timeout_ms"]?.integer,
            hedgeMilliseconds: section?["hedge_after_ms"]?.integer
        )
    }

    /// What the manifest says of a tool: of itself by its name, or of a capability that it belongs to.
    package func declaration(of tool: String) -> Capability? {
        capabilities.first { $0.id == tool } ?? capabilities.first { $0.tools.contains(tool) }
    }
}

extension Manifest {
    /// Sections about how calls are served.
    static let servingShapes: KeyValuePairs<String, JSONValue> = [
        "isolation": Shape.choice(Isolation.self),
        "stateless": Shape.flag,
        "scaling": scaling,
        "cache": Shape.object(optional: [
            "enabled": Shape.flag,
            "ttl_ms": Shape.integer(0...86_400_000 * 30),
            "stale_ms": Shape.integer(0...86_400_000 * 30, default: 0),
            "errors_ttl_ms": Shape.integer(0...86_400_000, default: 0),
            "scope": Shape.choice(["principal", "tenant"]),
            "capabilities": Shape.list(Shape.adding(["maxLength": 128], to: Shape.text), most: 256),
        ]),
        "breaker": Shape.object(optional: [
            "failures": Shape.integer(1...10_000, default: 5),
            "window_seconds": Shape.integer(1...3600, default: 60),
            "open_seconds": Shape.integer(1...3600, default: 30),
            "probes": Shape.integer(1...100, default: 1),
            "failure_rate_percent": Shape.integer(1...100, default: 50),
            "minimum_calls": Shape.integer(1...100_000, default: 20),
            "slow_call_ms": Shape.integer(1...3_600_000),
            "slow_rate_percent": Shape.integer(1...100, default: 100),
        ]),
        "retry": Shape.object(optional: [
            "max_retries": Shape.integer(0...10, default: 3),
            "base_ms": Shape.integer(1...60_000, default: 1000),
            "cap_ms": Shape.integer(1...300_000, default: 30_000),
            "attempt_timeout_ms": Shape.integer(1...3_600_000),
            "hedge_after_ms": Shape.integer(1...60_000),
        ]),
    ]

    private static let scaling: JSONValue = {
        let rule = Shape.object(
            required: [
                "trigger": Shape.choice([
                    "cpu_usage", "memory_usage", "request_rate", "response_time", "queue_length", "custom_metric",
                ])
            ],
            optional: [
                "metric": Shape.text,
                "threshold_up": ["type": "number", "exclusiveMinimum": 0],
                "threshold_down": ["type": "number", "minimum": 0],
                "cooldown_seconds": Shape.integer(0...86_400, default: 300),
                "scale_up_step": Shape.integer(1...100, default: 1),
                "scale_down_step": Shape.integer(1...100, default: 1),
            ]
        )
        return Shape.object(optional: [
            "strategy": Shape.choice(["none", "horizontal", "vertical", "auto"]),
            "min_instances": Shape.integer(0...1000, default: 1),
            "max_instances": Shape.integer(1...1000, default: 5),
            "calls_per_instance": Shape.integer(1...10_000, default: 8),
            "slots": Shape.integer(1...100_000, default: 100),
            "max_sessions": Shape.integer(1...1000, default: 64),
            "balancing": Shape.choice(Balancing.self),
            "hash_parameter": Shape.adding(["maxLength": 128], to: Shape.text),
            "rules": Shape.list(rule, most: 32),
        ])
    }()
}
