package import ArgumentParser
import HeddleClient
import HeddleModel
import HeddleServer

/// `heddle config show`: the effective values and where each comes from.
package struct ConfigShow: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the effective configuration and where each value comes from.",
        discussion: """
            Asks the running server. When none runs, or with --config, shows what a server started now would use.
            """
    )

    @Option(help: ArgumentHelp("A configuration file, JSON or YAML.", valueName: "path"))
    var config: String?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let effective = try await EffectiveConfiguration.found(file: config, global: global)
        switch global.output {
        case .json: Terminal.output.json(effective.json)
        case .table: global.results.render(effective.entries, hint: "nothing is configured")
        }
    }
}

extension EffectiveConfiguration {
    /// The configuration of the running server; when none runs or a file is named, the one that a server would have.
    static func found(file: String?, global: GlobalOptions) async throws -> EffectiveConfiguration {
        if file == nil, let running = try await running(global) { return running }
        let configuration = try LocalConfiguration.load(file: file, global: global)
        return EffectiveConfiguration(
            file: configuration.layers.file,
            entries: configuration.entries.map { entry in
                ConfigurationEntry(
                    key: entry.key,
                    value: entry.value,
                    source: entry.source.rawValue,
                    origin: entry.origin,
                    isReloadable: entry.isReloadable
                )
            }
        )
    }

    /// The configuration of the running server; nil when none runs.
    static func running(_ global: GlobalOptions) async throws -> EffectiveConfiguration? {
        do {
            return try await global.withClient { client in try await client.configuration() }
        } catch let error as HeddleError where error.code == .serverUnreachable {
            return nil
        }
    }
}

extension ConfigurationEntry: ListDisplayable {
    static let tableHeader = ["KEY", "SOURCE", "VALUE"]

    var tableRow: [String] {
        [key, origin.map { "\(source) \($0)" } ?? source, pending.map { "\(value) (\($0) after a restart)" } ?? value]
    }
}
