package import ArgumentParser
import HeddleClient
import JSON

/// `heddle vectors delete`: deletes points.
package struct VectorsDelete: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete points of a collection."
    )

    @OptionGroup var collection: CollectionArgument

    @Argument(help: ArgumentHelp("The ids of the points.", valueName: "id"))
    var ids: [String]

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            let count = try await client.deleteVectors(ids, from: collection.name)
            global.results.render("\(count) deleted", json: ["deleted": .integer(count)])
        }
    }
}
