package import ArgumentParser
import HeddleClient
import JSON

/// `heddle vectors drop`: removes collections.
package struct VectorsDrop: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Remove collections with all their points.",
        aliases: ["remove", "rm"]
    )

    @Argument(help: ArgumentHelp("The collections.", valueName: "name"))
    var names: [String]

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            for name in names {
                try await client.dropVectors(name)
                global.results.render("\(name) is removed", json: ["removed": .string(name)])
            }
        }
    }
}
