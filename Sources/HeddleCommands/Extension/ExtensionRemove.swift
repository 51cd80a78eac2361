package import ArgumentParser
import HeddleClient
import JSON

/// `heddle ext remove`: stops an extension and removes what is stored of it.
package struct ExtensionRemove: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Stop an extension and remove all that is stored of it.",
        aliases: ["rm"]
    )

    @Argument(help: "The extension.")
    var name: String

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            try await client.removeExtension(name)
            global.results.render("\(name) is removed", json: ["removed": .string(name)])
        }
    }
}
