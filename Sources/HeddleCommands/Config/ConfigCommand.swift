package import ArgumentParser

/// `heddle config`: the configuration.
package struct ConfigCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show, check and change the configuration.",
        subcommands: [
            ConfigShow.self, ConfigGet.self, ConfigSet.self, ConfigValidate.self, ConfigReload.self, ConfigDocs.self,
        ]
    )

    package init() {}
}
