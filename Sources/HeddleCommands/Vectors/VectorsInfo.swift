package import ArgumentParser
import HeddleClient

/// `heddle vectors info`: all about one collection.
package struct VectorsInfo: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Show what there is to know about a collection.",
        aliases: ["get", "show"]
    )

    @OptionGroup var collection: CollectionArgument
    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            global.results.render(try await client.showVectors(collection.name))
        }
    }
}
