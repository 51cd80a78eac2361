package import ArgumentParser
import HeddleClient
import HeddleModel
import HeddleServer

/// `heddle config get`: one effective value.
package struct ConfigGet: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Print the effective value of one setting.",
        discussion: """
            Asks the running server. When none runs, or with --config, prints what a server started now would use. The
            value of a secret is never printed. With --output json, it tells where the value comes from.
            """
    )

    @Argument(help: "Such as http.port.", completion: .list(ConfigurationOption.keys))
    var key: String

    @Option(help: ArgumentHelp("A configuration file, JSON or YAML.", valueName: "path"))
    var config: String?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let option = try ConfigurationOption.named(key)
        let effective = try await EffectiveConfiguration.found(file: config, global: global)
        guard let entry = effective.entries.items.first(where: { $0.key == option.key }) else {
            throw HeddleError(.settingNotFound, "the server is of another version and has no setting '\(option.key)'")
        }
        global.results.render(entry.value, json: entry.json)
    }
}
