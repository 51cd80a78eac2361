import HeddleModel
import JSON

/// One setting: its key, what it may be, and what it is when nobody says.
struct ConfigurationOption: Sendable {
    enum Kind: Sendable {
        /// A text, or one that matches a regular expression, with what that means in words.
        case text(pattern: (String, words: String)? = nil)
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
            kind: .text(),
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
            kind: .text(),
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
            kind: .text(pattern: ("^([!-~]{16,})?$", "at least 16 printable characters without blanks")),
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

// MARK: - The schema

extension ConfigurationOption {
    /// The configuration file: every setting in the section that its key names.
    package static let schema = OwnSchema("Configuration", section(all[...], depth: 0))

    private static func section(_ options: ArraySlice<ConfigurationOption>, depth: Int) -> JSONValue {
        var members: [JSONObject.Member] = []
        if depth == 0 { members.append(.init(name: "$schema", value: Shape.text)) }
        for option in options {
            let parts = option.key.split(separator: ".")
            let name = String(parts[depth])
            guard !members.contains(where: { $0.name == name }) else { continue }
            let inner = options.filter { $0.key.split(separator: ".")[depth] == name }
            let isSetting = parts.count == depth + 1
            members.append(.init(name: name, value: isSetting ? option.shape : section(inner[...], depth: depth + 1)))
        }
        return Shape.object(optional: members)
    }

    private var shape: JSONValue {
        var shape: JSONValue
        var standard = JSONValue.string(standard)
        switch kind {
        case .text(.none): shape = Shape.text
        case .text(let (pattern, words)?): shape = Shape.matching(pattern, words)
        case .choice(let choices): shape = Shape.choice(choices)
        case .integer(let range):
            shape = Shape.integer(range)
            standard = .number(self.standard)
        case .list:
            // Commas separate the elements in the environment.
            shape = Shape.list(Shape.matching("^[^,\\u0000]*$", "a text without commas"))
            standard = .array([])
        }
        shape = Shape.adding(["default": standard], to: shape)
        if case .text(.some) = kind { return shape }
        return Shape.adding(["description": .string(summary)], to: shape)
    }

    /// The value that a text of the environment or of the command line stands for.
    func value(_ text: String) -> JSONValue {
        switch kind {
        case .text, .choice: .string(text)
        case .integer: Int(text).map(JSONValue.integer) ?? .string(text)
        case .list: .array(Self.elements(text).map(JSONValue.string))
        }
    }

    /// The text of a value that satisfies the schema.
    func text(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        // 7433.0 and 7.433e3 are the same number.
        case .number(let text): value.integer.map(String.init) ?? text
        case .array(let elements): elements.compactMap(\.string).joined(separator: ",")
        case .null, .bool, .object: standard
        }
    }

    /// The elements of a list.
    static func elements(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmingPrefix(while: \.isWhitespace) }
            .map { String($0.reversed().drop(while: \.isWhitespace).reversed()) }
    }
}
