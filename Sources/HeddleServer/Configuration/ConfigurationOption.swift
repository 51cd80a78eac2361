import HeddleModel
import JSON

/// One setting: its key, what it may be, and what it is when nobody says.
package struct ConfigurationOption: Sendable {
    enum Kind: Sendable {
        /// A text, or one that matches a regular expression, with what that means in words.
        case text(pattern: (String, words: String)? = nil)
        case choice([String])
        case integer(ClosedRange<Int>)
        /// Several texts, separated by commas in the environment.
        case list
    }

    /// When a new value takes effect in a server that runs.
    enum Effect: Sendable {
        /// At its next start.
        case restart
        /// As soon as it reads its configuration again.
        case reload
    }

    package let key: String
    let kind: Kind
    let standard: String
    let summary: String
    let effect: Effect
    /// Other names in the environment, besides the one made from the key; the first that is set counts.
    var aliases: [EnvironmentAlias] = []
    /// The option of the command line.
    var flag: String?
    package var isSecret = false

    /// The name in the environment: `http.port` is `HEDDLE_HTTP_PORT`.
    var variable: String { "HEDDLE_" + key.uppercased().replacing(".", with: "_") }

    /// The names that lead to it in the file.
    var path: [String] { key.split(separator: ".").map(String.init) }

    /// Every setting there is.
    static let all = common + serving + contexts + database

    private static let common: [ConfigurationOption] = [
        .init(
            key: "http.host",
            kind: .text(),
            standard: "127.0.0.1",
            summary: "Address to listen on.",
            effect: .restart,
            aliases: ["HEDDLE_HOST"],
            flag: "--host"
        ),
        .init(
            key: "http.port",
            kind: .integer(0...65_535),
            standard: "7433",
            summary: "Port to listen on; 0 takes a free one.",
            effect: .restart,
            aliases: ["HEDDLE_PORT"],
            flag: "--port"
        ),
        .init(
            key: "http.max_body_mb",
            kind: .integer(1...1024),
            standard: "16",
            summary: "Largest request body, in MB.",
            effect: .reload
        ),
        .init(
            key: "http.idle_seconds",
            kind: .integer(1...86_400),
            standard: "75",
            summary: "How long a connection may be silent before it is closed.",
            effect: .restart
        ),
        .init(
            key: "http.allowed_hosts",
            kind: .list,
            standard: "",
            summary: "Host names to answer to besides the local ones.",
            effect: .reload
        ),
        .init(
            key: "http.allowed_origins",
            kind: .list,
            standard: "",
            summary: "Web origins to answer to besides the local ones.",
            effect: .reload
        ),
        .init(
            key: "data.directory",
            kind: .text(),
            standard: "",
            summary: "Where everything is kept; ~/.local/share/heddle when empty.",
            effect: .restart,
            aliases: ["HEDDLE_DATA_DIR"],
            flag: "--data-dir"
        ),
        .init(
            key: "log.level",
            kind: .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
            standard: "info",
            summary: "The least severe level that is logged.",
            effect: .reload,
            flag: "--log-level"
        ),
        .init(
            key: "security.token",
            kind: .text(pattern: ("^([!-~]{16,})?$", "at least 16 printable characters without blanks")),
            standard: "",
            summary:
                "The bearer token; made and kept in the data directory when empty. Needed for an address that others can reach.",
            effect: .reload,
            aliases: ["HEDDLE_TOKEN"],
            flag: "--token",
            isSecret: true
        ),
        .init(
            key: "security.open_mcp",
            kind: .choice(["true", "false"]),
            standard: "false",
            summary:
                "Whether MCP clients need no token, for clients that can send none. Everybody on the machine may call then; only for a loopback address.",
            effect: .restart
        ),
        .init(
            key: "security.trusted_publishers",
            kind: .list,
            standard: "",
            summary:
                "Publishers whose signatures are trusted, each as name=key with a public key of Ed25519 in base64.",
            effect: .restart
        ),
        .init(
            key: "security.require_signature",
            kind: .choice(["true", "false"]),
            standard: "false",
            summary: "Whether archives have to be signed by a trusted publisher.",
            effect: .restart
        ),
        .init(
            key: "downloads.allowed_hosts",
            kind: .list,
            standard: "",
            summary: "Hosts with ports to fetch archives from though their addresses are not public.",
            effect: .restart
        ),
        .init(
            key: "downloads.max_mb",
            kind: .integer(1...1024),
            standard: "1024",
            summary: "Largest archive that is fetched, in MB.",
            effect: .restart
        ),
        .init(
            key: "downloads.timeout_seconds",
            kind: .integer(1...86_400),
            standard: "1800",
            summary: "How long one archive may take, pauses included.",
            effect: .restart
        ),
        .init(
            key: "packages.store_mb",
            kind: .integer(0...1_048_576),
            standard: "4096",
            summary:
                "How much of what was fetched from PyPI and npm is kept for later installations, in MB; what was of no use for longest goes first.",
            effect: .restart
        ),
        .init(
            key: "sandbox.user_base",
            kind: .integer(100_000...2_000_000_000),
            standard: "1600000000",
            summary: "First of the users that extensions run as when Heddle is root.",
            effect: .restart
        ),
        .init(
            key: "sandbox.maximum_processes",
            kind: .integer(1...65_536),
            standard: "256",
            summary: "Extension processes that may run at once; those above a new bound run on.",
            effect: .reload
        ),
        .init(
            key: "extensions.maximum",
            kind: .integer(1...1_000_000),
            standard: "10000",
            summary: "Extensions that may be registered; those above a new bound stay.",
            effect: .reload
        ),
        .init(
            key: "store.batch.max_items",
            kind: .integer(1...10_000),
            standard: "100",
            summary: "Writes that share one commit.",
            effect: .reload
        ),
        .init(
            key: "store.batch.max_delay_ms",
            kind: .integer(0...1000),
            standard: "0",
            summary: "How long a write waits for company.",
            effect: .reload
        ),
        .init(
            key: "store.batch.max_queue",
            kind: .integer(1...1_000_000),
            standard: "10000",
            summary: "Writes that may wait.",
            effect: .reload
        ),
        .init(
            key: "shutdown.grace_seconds",
            kind: .integer(0...600),
            standard: "10",
            summary: "How long calls under way may take when the server stops.",
            effect: .restart
        ),
    ]
}
