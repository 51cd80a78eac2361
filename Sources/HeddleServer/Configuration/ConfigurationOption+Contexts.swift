import HeddleCoordination
import HeddleModel

extension ConfigurationOption {
    /// What is kept of contexts, for how long.
    static let contexts: [ConfigurationOption] = [
        .init(
            key: "cache.contexts.mode",
            kind: .choice(["auto", "on", "off"]),
            standard: "auto",
            summary:
                "Whether contexts are kept in memory to be read; auto keeps them on SQLite, where no other server changes them.",
            effect: .restart
        ),
        .init(
            key: "cache.contexts.max_entries",
            kind: .integer(0...10_000_000),
            standard: "10000",
            summary: "Contexts and pages of them that are kept in memory.",
            effect: .restart
        ),
        .init(
            key: "cache.contexts.max_mb",
            kind: .integer(0...1_048_576),
            standard: "64",
            summary: "Memory of the contexts that are kept, in MB.",
            effect: .restart
        ),
        .init(
            key: "cache.contexts.ttl_seconds",
            kind: .integer(1...86_400 * 30),
            standard: "1800",
            summary: "How long a context is kept in memory that nobody changes.",
            effect: .restart
        ),
        .init(
            key: "cache.contexts.warm_up",
            kind: .integer(0...100_000),
            standard: "1000",
            summary: "Newest active contexts that are read into memory when the server starts.",
            effect: .restart
        ),
        .init(
            key: "contexts.sweep_seconds",
            kind: .integer(1...86_400),
            standard: "5",
            summary: "How often contexts are removed whose time is over, and sessions are ended.",
            effect: .restart
        ),
        .init(
            key: "contexts.retention.participants_days",
            kind: .integer(1...36_500),
            standard: "30",
            summary: "How long participants that left are kept.",
            effect: .restart
        ),
        .init(
            key: "contexts.retention.events_days",
            kind: .integer(1...36_500),
            standard: "90",
            summary: "How long events are kept.",
            effect: .restart
        ),
    ]
}

extension ServerConfiguration {
    /// How much of contexts is kept in memory.
    ///
    /// - Parameter isAlone: Whether no other server changes them.
    /// - Returns: The limits, with which nothing is kept when it is not to be.
    func contextCache(isAlone: Bool) -> ContextCache.Limits {
        ContextCache.Limits(
            entries: integer("cache.contexts.max_entries"),
            bytes: integer("cache.contexts.max_mb") << 20,
            ttl: .seconds(integer("cache.contexts.ttl_seconds")),
            isEnabled: text("cache.contexts.mode") == "on" || (isAlone && text("cache.contexts.mode") == "auto")
        )
    }

    /// How long what is over is kept.
    var contextRetention: ContextSweeper.Retention {
        var retention = ContextSweeper.Retention()
        retention.participants = .seconds(integer("contexts.retention.participants_days") * 86_400)
        retention.events = .seconds(integer("contexts.retention.events_days") * 86_400)
        return retention
    }
}
