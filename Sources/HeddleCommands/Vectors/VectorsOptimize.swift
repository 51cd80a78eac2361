package import ArgumentParser
import HeddleClient

/// `heddle vectors optimise`: makes a collection compact.
package struct VectorsOptimize: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "optimise",
        abstract: "Take out what was deleted, order what is left, and measure recall.",
        aliases: ["optimize"]
    )

    @OptionGroup var collection: CollectionArgument
    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let name = collection.name
        try await global.withClient { client in
            let result = try await Progress.during("optimising \(DisplayText.line(name))") {
                try await client.optimizeVectors(name)
            }
            global.results.render(result)
        }
    }
}
