package import HeddleModel
import JSON

/// The effective settings of a server, each with the place it comes from.
///
/// Defaults give way to the file, the file to the environment, and the environment to the command line.
package struct ServerConfiguration: Sendable {
    /// The kinds of places that a value comes from.
    package enum Source: String, Sendable, CaseIterable {
        case standard = "default"
        case file
        case environment
        case flag
    }

    /// One setting as `heddle config show` prints it; secrets are masked.
    package struct Entry: Sendable {
        package let key: String
        package let value: String
        package let source: Source
        /// The variable, the option or the file; nil for a default.
        package let origin: String?
        /// Whether a running server takes a new value when it is asked to reload.
        package let isReloadable: Bool
        /// What the file says and the server takes at its next start.
        package var pending: String?
    }

    struct Setting: Sendable, Hashable {
        var value: String
        var source: Source
        var origin: String?
    }

    package let layers: ConfigurationLayers
    private(set) var settings: [String: Setting] = [:]
    /// Variables that are set and known, and whose feature is not there yet.
    private(set) var unusedVariables: [EnvironmentAlias.Unused] = []
    private var faults: [HeddleError.Violation] = []

    /// Reads and checks all layers.
    ///
    /// - Throws: ``HeddleError`` with `invalidConfiguration` that names every key that is unknown or has a wrong value.
    package static func load(
        file: String?,
        environment: [String: String],
        flags: [String: String]
    ) throws(HeddleError) -> ServerConfiguration {
        try load(ConfigurationLayers(file: file, environment: environment, flags: flags))
    }

    /// Reads and checks all layers.
    ///
    /// - Parameters:
    ///   - layers: Where to read.
    ///   - contents: What the file shall say; nil reads it.
    ///   - options: The settings there are.
    /// - Returns: The effective settings.
    /// - Throws: ``HeddleError`` with `invalidConfiguration` that names every key that is unknown or has a wrong value.
    static func load(
        _ layers: ConfigurationLayers,
        contents: [UInt8]? = nil,
        options: [ConfigurationOption] = ConfigurationOption.all
    ) throws(HeddleError) -> ServerConfiguration {
        var configuration = ServerConfiguration(layers: layers)
        for option in options {
            configuration.settings[option.key] = Setting(value: option.standard, source: .standard, origin: nil)
        }
        if let file = layers.file { configuration.takeFile(file, contents, options) }
        configuration.takeEnvironment(options)
        for (key, value) in layers.flags.sorted(by: { $0.key < $1.key }) {
            guard let option = options.first(where: { $0.key == key }) else {
                configuration.refuse(key, known: options.map(\.key))
                continue
            }
            configuration.take(option, value, Setting(value: value, source: .flag, origin: option.flag), at: nil)
        }
        configuration.checkAddress()
        guard configuration.faults.isEmpty else {
            throw HeddleError(
                .invalidConfiguration,
                "the configuration is not what it should be",
                breaking: configuration.faults
            )
        }
        let home = layers.environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "/var/lib"
        let directory = configuration.text("data.directory")
        configuration.settings["data.directory"]?.value =
            directory.isEmpty ? home + "/.local/share/heddle" : AbsolutePath.resolve(directory)
        return configuration
    }

    private init(layers: ConfigurationLayers) {
        self.layers = layers
    }

    /// Reads all layers again.
    ///
    /// - Throws: as ``load(file:environment:flags:)`` does.
    func readAgain() throws(HeddleError) -> ServerConfiguration { try Self.load(layers) }

    /// The path of the data directory.
    package var dataDirectory: String { text("data.directory") }

    func text(_ key: String) -> String { settings[key]?.value ?? "" }

    func integer(_ key: String) -> Int { Int(text(key)) ?? 0 }

    func list(_ key: String) -> [String] { ConfigurationOption.elements(text(key)) }

    /// Every setting, in a stable order.
    package var entries: [Entry] {
        ConfigurationOption.all.map { option in
            let setting = settings[option.key] ?? Setting(value: option.standard, source: .standard)
            return Entry(
                key: option.key,
                value: SecretMask.shown(setting.value, of: option),
                source: setting.source,
                origin: setting.origin,
                isReloadable: option.effect == .reload
            )
        }
    }

    /// These settings, but with those of another configuration that a running server can take.
    func taking(_ other: ServerConfiguration) -> ServerConfiguration {
        var result = self
        for option in ConfigurationOption.all {
            guard let new = other.settings[option.key] else { continue }
            // The same value may come from another place now.
            if option.effect == .reload || new.value == text(option.key) { result.settings[option.key] = new }
        }
        result.unusedVariables = other.unusedVariables
        return result
    }
}

// MARK: - Layers

extension ServerConfiguration {
    private mutating func takeFile(_ path: String, _ contents: [UInt8]?, _ options: [ConfigurationOption]) {
        let file = ConfigurationFile(path: path)
        let value: JSONValue
        do throws(HeddleError) {
            let bytes = if let contents { contents } else { try file.bytes() }
            value = try file.value(bytes)
        } catch {
            faults.append(.init(path: path, keyword: "", message: error.message))
            return
        }
        let wrong = Self.violations(value)
        faults += wrong
        guard wrong.isEmpty else { return }
        for option in options {
            guard let found = value.value(at: option.path), found != .null else { continue }
            settings[option.key] = Setting(value: option.text(found), source: .file, origin: path)
        }
    }

    /// Variables that other parts of Heddle read.
    static let otherVariables: Set<String> = ["HEDDLE_SERVER", "HEDDLE_OUTPUT", "HEDDLE_CONFIG"]

    private mutating func takeEnvironment(_ options: [ConfigurationOption]) {
        let before = faults
        faults = []
        var own = Set(layers.environment.keys.filter { $0.hasPrefix("HEDDLE_") && !$0.hasPrefix("HEDDLE_TEST_") })
            .subtracting(Self.otherVariables)
        for option in options {
            let names = [EnvironmentAlias(option.variable)] + option.aliases
            // What only Heddle can be meant by is checked even when another name wins.
            for alias in names.reversed() where alias.isOwn {
                own.remove(alias.name)
                take(option, alias)
            }
            guard !names.contains(where: { $0.isOwn && layers.environment[$0.name] != nil }) else { continue }
            if let alias = names.first(where: { !(layers.environment[$0.name] ?? "").isEmpty }) { take(option, alias) }
        }
        for name in own { refuse(name, known: options.map(\.variable)) }
        faults = before + faults.sorted { $0.path < $1.path }
        unusedVariables = EnvironmentAlias.unused.filter { !(layers.environment[$0.name] ?? "").isEmpty }
    }

    private mutating func take(_ option: ConfigurationOption, _ alias: EnvironmentAlias) {
        guard let text = layers.environment[alias.name] else { return }
        let value = alias.converted(text)
        take(option, value, Setting(value: value, source: .environment, origin: alias.name), at: alias.name)
    }

    /// Takes one setting in the words of the environment or of the command line.
    private mutating func take(_ option: ConfigurationOption, _ text: String, _ setting: Setting, at place: String?) {
        let value = option.value(text)
        let wrong = Self.violations(JSONValue.null.setting(option.path[...], to: value))
        guard wrong.isEmpty else {
            // A variable has one place, which its name tells better.
            faults += wrong.map { .init(path: place ?? $0.path, keyword: $0.keyword, message: $0.message) }
            return
        }
        var setting = setting
        setting.value = option.text(value)
        settings[option.key] = setting
    }

    private mutating func refuse(_ name: String, known: [String]) {
        let hint = ConfigurationOption.hint(for: name, among: known)
        faults.append(.init(path: name, keyword: "additionalProperties", message: "is not a setting of Heddle\(hint)"))
    }

    private static func violations(_ value: JSONValue) -> [HeddleError.Violation] {
        do throws(HeddleError) {
            try ConfigurationOption.schema.check(value, .invalidConfiguration, "")
            return []
        } catch {
            let unnamed = HeddleError.Violation(path: "", keyword: "", message: "cannot be read\(error.message)")
            return error.violations.isEmpty ? [unnamed] : error.violations
        }
    }

    /// A server that others can reach needs a token that somebody chose on purpose.
    private mutating func checkAddress() {
        if text("security.open_mcp") == "true", !Self.isLoopback(text("http.host")) {
            faults.append(
                .init(
                    path: "security.open_mcp",
                    keyword: "not",
                    message: "cannot be, because a server on '\(text("http.host"))' can be reached from outside"
                )
            )
        }
        guard !Self.isLoopback(text("http.host")), text("security.token").isEmpty,
            !faults.contains(where: { $0.path == "HEDDLE_TOKEN" || $0.path.hasSuffix("token") })
        else { return }
        faults.append(
            .init(
                path: "security.token",
                keyword: "required",
                message: "has to be set, because a server on '\(text("http.host"))' can be reached from outside"
            )
        )
    }

    static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}
