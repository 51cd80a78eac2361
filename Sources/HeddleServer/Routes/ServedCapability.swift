import HeddleExtensions
import HeddleModel
import HeddleResilience
import HeddleTelemetry
import JSON

/// A capability with the extension that it belongs to, as statistics and breakers show it.
struct ServedCapability: Sendable {
    let entry: RegistryEntry
    let capability: RegistryEntry.Capability

    /// Every capability of some extensions, in the order of their keys.
    static func all(_ entries: some Sequence<RegistryEntry>) -> [ServedCapability] {
        // With the slash, since that is how keys compare.
        entries.map { (prefix: "\($0.registered.name)/", entry: $0) }
            .sorted { $0.prefix < $1.prefix }
            .flatMap { (_, entry) in
                entry.capabilities.sorted { $0.tool.name < $1.tool.name }
                    .map { ServedCapability(entry: entry, capability: $0) }
            }
    }

    /// `time/get_current_time`.
    var key: String { "\(entry.registered.name)/\(capability.tool.name)" }

    private var names: [JSONObject.Member] {
        [
            .init(name: "extension", value: .string(entry.registered.name.rawValue)),
            .init(name: "capability", value: .string(capability.tool.name)),
        ]
    }

    // MARK: Statistics

    func statistics(now: ContinuousClock.Instant) -> JSONValue {
        let reading = capability.runtime.statistics.reading
        let calls = reading.calls
        let day = calls.summary(of: .day, now: now)
        let hour = calls.summary(of: .hour, now: now)
        let (underWay, waiting) = entry.pool.slots
        return .object(
            JSONObject(
                members: names + [
                    .init(name: "in_flight", value: .integer(calls.inFlight)),
                    .init(name: "waiting", value: .integer(calls.waiting)),
                    .init(name: "retries", value: .integer(reading.retries)),
                    .init(name: "hedges", value: .integer(reading.hedges)),
                    .init(name: "breaker_opened", value: .integer(reading.opened)),
                    .init(name: "total", value: Self.value(calls.totals, calls.latency.milliseconds)),
                    .init(name: "last_hour", value: Self.value(hour.totals, hour.latency.milliseconds)),
                    .init(name: "last_24_hours", value: Self.value(day.totals, day.latency.milliseconds)),
                    .init(
                        name: "wait_ms",
                        value: [
                            "mean": Self.number(calls.wait.mean), "max": Self.number(calls.wait.max),
                            "p95": Self.number(calls.wait.percentile(0.95) ?? 0),
                        ]
                    ),
                    .init(
                        name: "slots",
                        value: [
                            "in_use": .integer(underWay), "waiting": .integer(waiting),
                            "limit": .integer(entry.pool.slotLimit),
                        ]
                    ),
                ]
            )
        )
    }

    private static func value(_ totals: CallTotals, _ latency: JSONValue) -> JSONValue {
        let failures = CallFailure.allCases.map { kind in
            JSONObject.Member(name: kind.name.description, value: .integer(Int(clamping: totals.failures(kind))))
        }
        return [
            "calls": .integer(Int(clamping: totals.calls)), "failed": .integer(Int(clamping: totals.failed)),
            "failures": .object(JSONObject(members: failures)),
            "cache": [
                "hits": .integer(Int(clamping: totals.cache(.hit))),
                "misses": .integer(Int(clamping: totals.cache(.miss))),
                "stale": .integer(Int(clamping: totals.cache(.stale))),
            ],
            "latency_ms": latency,
        ]
    }

    /// Nanoseconds as milliseconds.
    static func number(_ nanoseconds: UInt64) -> JSONValue {
        let microseconds = nanoseconds / 1000
        return .number("\(microseconds / 1000).\(String(microseconds % 1000 + 1000).dropFirst())")
    }

    // MARK: The breaker

    func breaker(now: ContinuousClock.Instant) -> JSONValue {
        let breaker = capability.runtime.breakerState
        let counters = breaker.counters(now: now)
        return .object(
            JSONObject(
                members: names + [
                    .init(name: "state", value: .string(breaker.state.rawValue)),
                    .init(name: "retry_after_ms", value: .integer(Int(breaker.timeLeft(now: now) / .milliseconds(1)))),
                    .init(name: "calls", value: .integer(counters.calls)),
                    .init(name: "failures", value: .integer(counters.failures)),
                    .init(name: "slow_calls", value: .integer(counters.slow)),
                    .init(name: "consecutive_failures", value: .integer(counters.consecutiveFailures)),
                    .init(name: "probes_under_way", value: .integer(counters.probesUnderWay)),
                    .init(name: "refused", value: .integer(Int(clamping: counters.refused))),
                    .init(name: "opened", value: .integer(Int(clamping: counters.opened))),
                ]
            )
        )
    }
}

extension LatencyHistogram {
    fileprivate var milliseconds: JSONValue {
        [
            "mean": ServedCapability.number(mean), "p50": ServedCapability.number(percentile(0.5) ?? 0),
            "p95": ServedCapability.number(percentile(0.95) ?? 0),
            "p99": ServedCapability.number(percentile(0.99) ?? 0), "max": ServedCapability.number(max),
        ]
    }
}

extension CoarseHistogram {
    fileprivate var milliseconds: JSONValue {
        [
            "mean": ServedCapability.number(mean), "p50": ServedCapability.number(percentile(0.5) ?? 0),
            "p95": ServedCapability.number(percentile(0.95) ?? 0),
            "p99": ServedCapability.number(percentile(0.99) ?? 0), "max": ServedCapability.number(max),
        ]
    }
}
