import HeddleCache
import HeddleExtensions
import HeddleModel
import HeddleResilience
import HeddleTelemetry

/// The page at `/metrics`: read from what is counted anyway, when somebody asks.
struct MetricsPage {
    private static let names: [StaticString] = ["extension", "capability"]
    static let calls = MetricFamily(
        "heddle_calls_total",
        .counter,
        help: "Tries of calls that ended.",
        labels: names
    )
    static let failures = MetricFamily(
        "heddle_call_failures_total",
        .counter,
        help: "Tries of calls that failed, by reason.",
        labels: names + ["reason"]
    )
    static let retries = MetricFamily(
        "heddle_call_retries_total",
        .counter,
        help: "Tries after the first.",
        labels: names
    )
    static let hedges = MetricFamily(
        "heddle_call_hedges_total",
        .counter,
        help: "Calls that a second process was asked besides the first.",
        labels: names
    )
    static let duration = MetricFamily(
        "heddle_call_duration_seconds",
        .histogram,
        help: "How long tries took, waiting included.",
        labels: names
    )
    static let wait = MetricFamily(
        "heddle_call_wait_seconds",
        .histogram,
        help: "How long calls waited for their turn.",
        labels: names
    )
    static let inFlight = MetricFamily(
        "heddle_calls_in_flight",
        .gauge,
        help: "Calls under way.",
        labels: names
    )
    static let waiting = MetricFamily(
        "heddle_calls_waiting",
        .gauge,
        help: "Calls that wait for their turn.",
        labels: names
    )
    static let lookups = MetricFamily(
        "heddle_cache_lookups_total",
        .counter,
        help: "Look-ups of kept results, by outcome.",
        labels: names + ["outcome"]
    )
    static let breaker = MetricFamily(
        "heddle_breaker_state",
        .gauge,
        help: "0 closed, 1 half-open, 2 open.",
        labels: names
    )
    static let instances = MetricFamily(
        "heddle_instances",
        .gauge,
        help: "Running processes.",
        labels: ["extension"]
    )
    static let cacheEntries = MetricFamily("heddle_cache_entries", .gauge, help: "Kept results.")
    static let cacheBytes = MetricFamily("heddle_cache_bytes", .gauge, help: "Memory of kept results, about.")
    static let evictions = MetricFamily(
        "heddle_cache_evictions_total",
        .counter,
        help: "Kept results that made room for others."
    )
    static let extensions = MetricFamily("heddle_extensions", .gauge, help: "Registered extensions.")
    static let uptime = MetricFamily("heddle_uptime_seconds", .gauge, help: "Time since the start.")

    static let all =
        [
            calls, failures, retries, hedges, duration, wait, inFlight, waiting, lookups, breaker, instances,
            cacheEntries,
            cacheBytes, evictions, extensions, uptime,
        ] + database

    let services: ServerServices

    /// The whole page.
    func bytes() -> [UInt8] {
        let entries = Array(services.registry.snapshot.all)
        // What was never called has nothing to tell.
        let called = ServedCapability.all(entries)
            .compactMap {
                served -> (labels: [String], reading: CapabilityStatistics.Reading, served: ServedCapability)? in
                let reading = served.capability.runtime.statistics.reading
                guard !reading.calls.isEmpty else { return nil }
                return ([served.entry.registered.name.rawValue, served.capability.tool.name], reading, served)
            }
        var text = PrometheusText()
        func write(_ family: MetricFamily, _ body: (inout PrometheusText) -> Void) {
            text.begin(family)
            body(&text)
        }
        write(Self.calls) { text in for one in called { text.add(one.labels, one.reading.calls.totals.calls) } }
        write(Self.failures) { text in
            for one in called {
                for kind in CallFailure.allCases where one.reading.calls.totals.failures(kind) > 0 {
                    text.add(one.labels + [kind.name.description], one.reading.calls.totals.failures(kind))
                }
            }
        }
        write(Self.retries) { text in for one in called { text.add(one.labels, one.reading.retries) } }
        write(Self.hedges) { text in for one in called { text.add(one.labels, one.reading.hedges) } }
        write(Self.duration) { text in for one in called { text.add(one.labels, one.reading.calls.latency) } }
        write(Self.wait) { text in for one in called { text.add(one.labels, one.reading.calls.wait) } }
        write(Self.inFlight) { text in for one in called { text.add(one.labels, one.reading.calls.inFlight) } }
        write(Self.waiting) { text in for one in called { text.add(one.labels, one.reading.calls.waiting) } }
        write(Self.lookups) { text in
            for one in called {
                for outcome in CacheLookup.allCases where one.reading.calls.totals.cache(outcome) > 0 {
                    text.add(one.labels + ["\(outcome)"], one.reading.calls.totals.cache(outcome))
                }
            }
        }
        write(Self.breaker) { text in
            for one in called { text.add(one.labels, one.served.capability.runtime.breakerState.state.number) }
        }
        write(Self.instances) { text in
            for entry in entries {
                let count = entry.pool.instances.count
                if count > 0 { text.add([entry.registered.name.rawValue], count) }
            }
        }
        let cache = services.results.statistics
        write(Self.cacheEntries) { $0.add([], cache.entries) }
        write(Self.cacheBytes) { $0.add([], cache.bytes) }
        write(Self.evictions) { $0.add([], cache.evictions) }
        writeDatabase(&text)
        write(Self.extensions) { $0.add([], entries.count) }
        write(Self.uptime) { $0.add([], (ContinuousClock.now - services.lifecycle.startedAt) / .seconds(1)) }
        return text.take()
    }
}

extension CircuitBreaker.State {
    fileprivate var number: Int {
        switch self {
        case .closed: 0
        case .halfOpen: 1
        case .open: 2
        }
    }
}
