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
        var faults: [HeddleError.Violation] = []
        if let file { configuration.set(try ConfigurationFile.read(file), "file", nil, &faults) }
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix("HEDDLE_") {
            configuration.setVariable(name, value, &faults)
        }
        for (key, value) in flags.sorted(by: { $0.key < $1.key }) {
            configuration.set(key, value, "flag", nil, &faults)
        }
        guard faults.isEmpty else {
            throw HeddleError(.invalidConfiguration, "the configuration is not what it should be", breaking: faults)
        }
        let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "/var/lib"
        let directory = configuration.text("data.directory")
        configuration.values["data.directory"]?.value =
            directory.isEmpty ? home + "/.local/share/heddle" : AbsolutePath.resolve(directory)
        try configuration.checkAddress()
        return configuration
    }

    /// Variables that other parts of Heddle read.
    private static let otherVariables: Set<String> = ["HEDDLE_SERVER", "HEDDLE_OUTPUT", "HEDDLE_CONFIG"]

    private mutating func setVariable(_ name: String, _ value: String, _ faults: inout [HeddleError.Violation]) {
        if Self.otherVariables.contains(name) || name.hasPrefix("HEDDLE_TEST_") { return }
        guard let option = ConfigurationOption.all.first(where: { $0.variable == name || $0.alias == name }) else {
            faults.append(.init(path: name, keyword: "additionalProperties", message: "is not a setting of Heddle"))
            return
        }
        set(option.key, value, "environment", name, &faults)
    }

    /// Takes one setting in the words of the environment or of the command line.
    private mutating func set(
        _ key: String,
        _ text: String,
        _ source: String,
        _ variable: String?,
        _ faults: inout [HeddleError.Violation]
    ) {
        guard let option = ConfigurationOption.all.first(where: { $0.key == key }) else {
            faults.append(.init(path: key, keyword: "additionalProperties", message: "is not a setting of Heddle"))
            return
        }
        let value = key.split(separator: ".").reversed()
            .reduce(option.value(text)) { inner, name in
                .object(JSONObject(members: [.init(name: String(name), value: inner)]))
            }
        set(value, source, variable, &faults)
    }

    /// Takes the settings of an object that satisfies the schema; notes what is wrong with one that does not.
    private mutating func set(
        _ value: JSONValue,
        _ source: String,
        _ variable: String?,
        _ faults: inout [HeddleError.Violation]
    ) {
        do throws(HeddleError) {
            try ConfigurationOption.schema.check(value, .invalidConfiguration, "")
        } catch {
            // A variable has one place, which its name tells better.
            guard !error.violations.isEmpty else {
                return faults.append(
                    .init(path: variable ?? "", keyword: "", message: "cannot be read\(error.message)")
                )
            }
            faults += error.violations.map { violation in
                guard let variable else { return violation }
                return .init(path: variable, keyword: violation.keyword, message: violation.message)
            }
            return
        }
        for option in ConfigurationOption.all {
            let found = option.key.split(separator: ".").reduce(Optional(value)) { $0?[String($1)] }
            guard let found, found != .null else { continue }
            values[option.key] = (option.text(found), source)
        }
    }

    /// A server that others can reach needs a token that somebody chose on purpose.
    private func checkAddress() throws(HeddleError) {
        guard !Self.isLoopback(text("http.host")), text("security.token").isEmpty else { return }
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

    func list(_ key: String) -> [String] { ConfigurationOption.elements(text(key)) }

    /// Every setting, in a stable order.
    package var entries: [Entry] {
        ConfigurationOption.all.map { option in
            let (value, source) = values[option.key] ?? (option.standard, "default")
            return Entry(key: option.key, value: option.isSecret && !value.isEmpty ? "***" : value, source: source)
        }
    }
}
