package import ArgumentParser
import HeddleClient
import HeddleModel

/// `heddle ext activate`: make an extension's capabilities callable.
package struct ExtensionActivate: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "activate",
        abstract: "Make an extension's capabilities callable."
    )

    @Argument(help: "The extension.")
    var name: String

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            let changed = try await client.activateExtension(name)
            global.results.render("\(changed.name) is \(changed.state)", json: changed.json)
        }
    }
}
