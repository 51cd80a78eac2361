package import ArgumentParser
import HeddleClient
import JSON

/// `heddle context metadata remove`: removes a value.
package struct MetadataRemove: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove the value under a key; its history stays.",
        aliases: ["rm"]
    )

    @OptionGroup var context: ContextArgument
    @OptionGroup var item: MetadataArgument
    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            try await client.removeMetadata(item.key, of: context.id)
            global.results.render("\(item.key) is removed", json: ["removed": .string(item.key)])
        }
    }
}
