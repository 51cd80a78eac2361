package import ArgumentParser
import HeddleClient
import HeddleModel

/// `heddle ext deactivate`: stop an extension and keep it.
package struct ExtensionDeactivate: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "deactivate",
        abstract: "Stop an extension and keep it."
    )

    @Argument(help: "The extension.")
    var name: String

    @Flag(help: "Deactivate what needs it as well.")
    var cascade = false

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            let changed = try await client.deactivateExtension(name, isCascading: cascade)
            global.results.render("\(changed.name) is \(changed.state)", json: changed.json)
        }
    }
}
