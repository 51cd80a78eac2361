package import ArgumentParser
import HeddleClient

/// `heddle vectors list`: the collections.
package struct VectorsList: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the collections of vectors.",
        aliases: ["ls"]
    )

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            global.results.render(
                try await client.vectorCollections(),
                hint: "There are no collections. Make one with: heddle vectors create NAME --dimension D"
            )
        }
    }
}

extension VectorCollectionName: ListDisplayable {
    static let tableHeader = ["NAME"]
    var tableRow: [String] { [name] }
}
