/// Another name of a setting in the environment, such as one that other programs of the field use.
///
/// Names that do not begin with `HEDDLE_` may be there for somebody else, so they count only when no name of Heddle's own
/// is set, and an empty one is as good as none.
struct EnvironmentAlias: Sendable, ExpressibleByStringLiteral {
    /// What a number in the variable's unit has to be multiplied with to be one in the setting's.
    enum Scale: Sendable {
        case same
        case times(Int)
        /// A part is rounded up, so that nobody gets less than was asked for.
        case divided(by: Int)
    }

    let name: String
    var scale = Scale.same

    init(_ name: String, scale: Scale = .same) {
        self.name = name
        self.scale = scale
    }

    init(stringLiteral name: String) { self.init(name) }

    /// Whether only Heddle can be meant.
    var isOwn: Bool { name.hasPrefix("HEDDLE_") }

    /// The text of the variable in the setting's unit; as it is when it is no number, which is told to whoever set it.
    func converted(_ text: String) -> String {
        guard let number = Double(text), number.isFinite else { return text }
        let scaled =
            switch scale {
            case .same: number
            case .times(let factor): number * Double(factor)
            case .divided(let divisor): number / Double(divisor)
            }
        if case .same = scale { return text }
        return Int(exactly: scaled.rounded(.awayFromZero)).map(String.init) ?? text
    }
}

extension EnvironmentAlias {
    /// A name of the environment that is known, and whose setting does not exist yet.
    struct Unused: Sendable, Hashable {
        let name: String
        /// What it will configure.
        let purpose: String
    }

    /// The names of the documents that Heddle follows, whose features are not there yet.
    ///
    /// They are never taken for something else; whoever brings the feature makes them aliases of its settings.
    static let unused: [Unused] =
        named("the cache of results", ["EXTENSION_CACHE_SIZE_MB", "EXTENSION_CACHE_TTL"])
        + named("the watch on resources", ["EXTENSION_MEMORY_THRESHOLD", "EXTENSION_CPU_THRESHOLD"])
        + named("scaling", ["EXTENSION_ENABLE_SCALING"])
        + named("metrics", ["EXTENSION_ENABLE_MONITORING", "EXTENSION_METRICS_RETENTION_HOURS"])
        + named(
            "PostgreSQL",
            [
                "DB_HOST", "DB_PORT", "DB_NAME", "DB_USERNAME", "DB_PASSWORD", "DB_MASTER_HOST", "DB_MASTER_PORT",
                "DB_SLAVE1_HOST", "DB_SLAVE1_PORT", "DB_SLAVE2_HOST", "DB_SLAVE2_PORT", "DATABASE_CLUSTER",
            ]
        )
        + named("Redis", ["REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD", "REDIS_CLUSTER_NODES"])
        + named("several nodes", ["CLUSTER_MODE"])

    private static func named(_ purpose: String, _ names: [String]) -> [Unused] {
        names.map { Unused(name: $0, purpose: purpose) }
    }
}
