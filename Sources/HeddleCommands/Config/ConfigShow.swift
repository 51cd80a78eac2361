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
        let page =
            if config == nil, let running = try await running() {
                running
            } else {
                try local()
            }
        global.results.render(page, hint: "nothing is configured")
    }

    private func running() async throws -> Page<ConfigurationEntry>? {
        do {
            return try await global.withClient { client in try await client.configuration() }
        } catch let error as HeddleError where error.code == .serverUnreachable {
            return nil
        }
    }

    private func local() throws -> Page<ConfigurationEntry> {
        let configuration = try LocalConfiguration.load(file: config, global: global)
        return Page(
            items: configuration.entries.map { entry in
                ConfigurationEntry(key: entry.key, value: entry.value, source: entry.source)
            }
        )
    }
}

extension ConfigurationEntry: ListDisplayable {
    static let tableHeader = ["KEY", "SOURCE", "VALUE"]

    var tableRow: [String] { [key, source, value] }
}
