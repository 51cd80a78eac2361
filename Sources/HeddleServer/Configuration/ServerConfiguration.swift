package import HeddleModel
import JSON

/// The effective settings of a server, each with the place it comes from.
///
/// Defaults give way to the file, the file to the environment, and the environment to the command line.
package struct ServerConfiguration: Sendable {
    /// One setting as `heddle config show` prints it; secrets are masked.
    package struct Entry: Sendable {
        package let key: String
        package let value: String
        /// `default`, `file`, `environment` or `flag`.
        package let source: String
    }

    private var values: [String: (value: String, source: String)] = [:]

    /// Reads and checks all layers.
    ///
    /// - Throws: ``HeddleError`` with `invalidConfiguration` that names the key that is unknown or has a wrong value.
    package static func load(
        file: String?,
        environment: [String: String],
        flags: [String: String]
    ) throws(HeddleError) -> ServerConfiguration {
        var configuration = ServerConfiguration()
        for option in ConfigurationOption.all { configuration.values[option.key] = (option.standard, "default") }
        if let file {
            for setting in try ConfigurationFile.read(file) {
                try configuration.set(setting.key, setting.value, "file", isList: setting.isList)
            }
        }
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix("HEDDLE_") {
            try configuration.setVariable(name, value)
        }
        for (key, value) in flags { try configuration.set(key, value, "flag") }
        let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "/var/lib"
        let directory = configuration.text("data.directory")
        configuration.values["data.directory"]?.value =
            directory.isEmpty ? home + "/.local/share/heddle" : AbsolutePath.resolve(directory)
        try configuration.checkAddress()
        return configuration
    }

    /// Variables that other parts of Heddle read.
    private static let otherVariables: Set<String> = ["HEDDLE_SERVER", "HEDDLE_OUTPUT", "HEDDLE_CONFIG"]

    private mutating func setVariable(_ name: String, _ value: String) throws(HeddleError) {
        if Self.otherVariables.contains(name) || name.hasPrefix("HEDDLE_TEST_") { return }
        guard let option = ConfigurationOption.all.first(where: { $0.variable == name || $0.alias == name }) else {
            throw HeddleError(
                .invalidConfiguration,
                "the environment variable '\(name)' is not a setting of Heddle",
                details: ["key": name]
            )
        }
        try set(option.key, value, "environment")
    }

    private mutating func set(
        _ key: String,
        _ value: String,
        _ source: String,
        isList: Bool = false
    ) throws(HeddleError) {
        guard let option = ConfigurationOption.all.first(where: { $0.key == key }) else {
            throw HeddleError(.invalidConfiguration, "'\(key)' is not a setting of Heddle", details: ["key": key])
        }
        switch option.kind {
        case .list: break
        case _ where isList: throw Self.mismatch(key, "one value, not a list")
        case .text: break
        case .choice(let choices):
            guard choices.contains(value) else {
                throw Self.mismatch(key, "one of \(choices.joined(separator: ", "))")
            }
        case .integer(let range):
            guard let number = Int(value), range.contains(number) else {
                throw Self.mismatch(key, "a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
        }
        values[key] = (value, source)
    }

    private static func mismatch(_ key: String, _ expected: String) -> HeddleError {
        HeddleError(.invalidConfiguration, "the setting '\(key)' is \(expected)", details: ["key": key])
    }

    /// A server that others can reach needs a token that somebody chose on purpose.
    private func checkAddress() throws(HeddleError) {
        let token = text("security.token")
        if !token.isEmpty, token.utf8.count < 16 || token.utf8.contains(where: { $0 <= 0x20 || $0 > 0x7E }) {
            throw Self.mismatch("security.token", "at least 16 printable characters")
        }
        guard !Self.isLoopback(text("http.host")), token.isEmpty else { return }
        throw HeddleError(
            .invalidConfiguration,
            "a server on '\(text("http.host"))' can be reached from outside: set 'security.token' first",
            details: ["key": "security.token"]
        )
    }

    static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }

    func text(_ key: String) -> String { values[key]?.value ?? "" }

    func integer(_ key: String) -> Int { Int(text(key)) ?? 0 }

    func list(_ key: String) -> [String] {
        text(key).split(separator: ",").map { $0.trimmingPrefix(while: \.isWhitespace) }
            .map { String($0.reversed().drop(while: \.isWhitespace).reversed()) }
    }

    /// Every setting, in a stable order.
    package var entries: [Entry] {
        ConfigurationOption.all.map { option in
            let (value, source) = values[option.key] ?? (option.standard, "default")
            return Entry(key: option.key, value: option.isSecret && !value.isEmpty ? "***" : value, source: source)
        }
    }
}
