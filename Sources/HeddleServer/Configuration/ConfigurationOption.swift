/// One setting: its key, what it may be, and what it is when nobody says.
struct ConfigurationOption: Sendable {
    enum Kind: Sendable {
        case text
        case choice([String])
        case integer(ClosedRange<Int>)
        /// Several texts, separated by commas in the environment.
        case list
    }

    let key: String
    let kind: Kind
    let standard: String
    let summary: String
    /// A second name in the environment, besides the one made from the key.
    var alias: String?
    var isSecret = false

    /// The name in the environment: `http.port` is `HEDDLE_HTTP_PORT`.
    var variable: String { "HEDDLE_" + key.uppercased().replacing(".", with: "_") }

    /// Every setting there is.
    static let all: [ConfigurationOption] = [
        .init(
            key: "http.host",
            kind: .text,
            standard: "127.0.0.1",
            summary: "Address to listen on.",
            alias: "HEDDLE_HOST"
        ),
        .init(
            key: "http.port",
            kind: .integer(0...65_535),
            standard: "7433",
            summary: "Port to listen on; 0 takes a free one.",
            alias: "HEDDLE_PORT"
        ),
        .init(key: "http.max_body_mb", kind: .integer(1...1024), standard: "16", summary: "Largest request body."),
        .init(
            key: "http.allowed_hosts",
            kind: .list,
            standard: "",
            summary: "Host names to answer to besides the local ones."
        ),
        .init(
            key: "http.allowed_origins",
            kind: .list,
            standard: "",
            summary: "Web origins to answer to besides the local ones."
        ),
        .init(
            key: "data.directory",
            kind: .text,
            standard: "",
            summary: "Where everything is kept; ~/.local/share/heddle when empty.",
            alias: "HEDDLE_DATA_DIR"
        ),
        .init(
            key: "log.level",
            kind: .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
            standard: "info",
            summary: "The least severe level that is logged."
        ),
        .init(
            key: "security.token",
            kind: .text,
            standard: "",
            summary: "The bearer token; made and kept in the data directory when empty.",
            alias: "HEDDLE_TOKEN",
            isSecret: true
        ),
        .init(
            key: "sandbox.user_base",
            kind: .integer(100_000...2_000_000_000),
            standard: "1600000000",
            summary: "First of the users that extensions run as when Heddle is root."
        ),
        .init(
            key: "sandbox.maximum_processes",
            kind: .integer(1...65_536),
            standard: "256",
            summary: "Extension processes that may run at once."
        ),
        .init(
            key: "extensions.maximum",
            kind: .integer(1...1_000_000),
            standard: "10000",
            summary: "Extensions that may be registered."
        ),
        .init(
            key: "store.batch.max_items",
            kind: .integer(1...10_000),
            standard: "100",
            summary: "Writes that share one commit."
        ),
        .init(
            key: "store.batch.max_delay_ms",
            kind: .integer(0...1000),
            standard: "0",
            summary: "How long a write waits for company."
        ),
        .init(
            key: "store.batch.max_queue",
            kind: .integer(1...1_000_000),
            standard: "10000",
            summary: "Writes that may wait."
        ),
        .init(
            key: "shutdown.grace_seconds",
            kind: .integer(0...600),
            standard: "10",
            summary: "How long calls under way may take when the server stops."
        ),
    ]
}
