package import ArgumentParser
import HeddleClient

/// `heddle vectors export`: writes all points as lines of JSON.
package struct VectorsExport: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write all points of a collection as lines of JSON, which import reads."
    )

    @OptionGroup var collection: CollectionArgument
    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            var cursor: String?
            repeat {
                let page = try await client.vectorPoints(collection.name, after: cursor)
                for point in page.points { Terminal.output.json(point) }
                cursor = page.next
            } while cursor != nil
        }
    }
}
