import HeddleExtensions

extension ConfigurationOption {
    /// How calls are served.
    static let serving: [ConfigurationOption] = [
        .init(
            key: "cache.results.max_entries",
            kind: .integer(0...10_000_000),
            standard: "5000",
            summary: "Results of calls that are kept; 0 keeps none.",
            effect: .reload
        ),
        .init(
            key: "cache.results.max_mb",
            kind: .integer(0...65_536),
            standard: "64",
            summary: "Memory of the results that are kept, in MB.",
            effect: .reload
        ),
        .init(
            key: "cache.results.ttl_seconds",
            kind: .integer(0...86_400 * 30),
            standard: "3600",
            summary: "How long results of capabilities are kept that a manifest declares read-only.",
            effect: .reload
        ),
        .init(
            key: "cache.results.annotated_ttl_seconds",
            kind: .integer(0...86_400 * 30),
            standard: "60",
            summary:
                "The same for those that are declared idempotent, and for tools that only say of themselves that they change nothing.",
            effect: .reload
        ),
        .init(
            key: "limits.client.calls",
            kind: .integer(0...1_000_000),
            standard: "0",
            summary: "Calls of one client at once; 0 sets no bound.",
            effect: .reload
        ),
        .init(
            key: "limits.client.calls_per_second",
            kind: .integer(0...10_000_000),
            standard: "0",
            summary: "Calls of one client in a second; 0 sets no bound.",
            effect: .reload
        ),
        .init(
            key: "limits.tenant.calls",
            kind: .integer(0...1_000_000),
            standard: "0",
            summary: "Calls of one tenant at once; 0 sets no bound.",
            effect: .reload
        ),
        .init(
            key: "limits.tenant.calls_per_second",
            kind: .integer(0...10_000_000),
            standard: "0",
            summary: "Calls of one tenant in a second; 0 sets no bound.",
            effect: .reload
        ),
    ]
}

extension ServerConfiguration {
    /// How much of the results is kept, and for how long.
    var resultCache: ResultCache.Configuration {
        var result = ResultCache.Configuration()
        result.entries = integer("cache.results.max_entries")
        result.bytes = integer("cache.results.max_mb") << 20
        result.ttl = .seconds(integer("cache.results.ttl_seconds"))
        result.annotatedTTL = .seconds(integer("cache.results.annotated_ttl_seconds"))
        return result
    }

    /// What one client and one tenant may call.
    var callLimits: CallLimits.Configuration {
        var result = CallLimits.Configuration()
        result.clientCalls = integer("limits.client.calls")
        result.clientRate = integer("limits.client.calls_per_second")
        result.tenantCalls = integer("limits.tenant.calls")
        result.tenantRate = integer("limits.tenant.calls_per_second")
        return result
    }
}
