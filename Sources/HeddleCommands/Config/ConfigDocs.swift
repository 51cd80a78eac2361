package import ArgumentParser
import HeddleServer

/// `heddle config docs`: the reference of all settings.
package struct ConfigDocs: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "docs",
        abstract: "Print the reference of all settings as Markdown, which is docs/configuration.md."
    )

    package init() {}

    package func run() { Terminal.output.write(ConfigurationDocument.markdown) }
}
