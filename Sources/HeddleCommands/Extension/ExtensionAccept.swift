package import ArgumentParser
import HeddleClient
import HeddleModel

/// `heddle ext accept`: accept tools that changed since they were accepted.
package struct ExtensionAccept: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "accept",
        abstract: "Accept the tools of an extension that is held because they changed."
    )

    @Argument(help: "The extension.")
    var name: String

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            let changed = try await client.acceptExtension(name)
            global.results.render("\(changed.name) is \(changed.state) with its new tools", json: changed.json)
        }
    }
}
