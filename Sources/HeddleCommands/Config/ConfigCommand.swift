package import ArgumentParser

/// `heddle config`: the configuration.
package struct ConfigCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show the configuration.",
        subcommands: [ConfigShow.self]
    )

    package init() {}
}
