package import ArgumentParser
import HeddleClient

/// `heddle vectors snapshot`: keeps a copy of a collection.
package struct VectorsSnapshot: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Keep a copy of a collection as it is now, in the server's data directory."
    )

    @OptionGroup var collection: CollectionArgument

    @Argument(help: ArgumentHelp("What the copy is called.", valueName: "snapshot"))
    var snapshot: String

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            let json = try await client.snapshotVectors(collection.name, as: snapshot)
            global.results.render("\(snapshot) is kept", json: json)
        }
    }
}
