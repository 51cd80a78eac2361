package import ArgumentParser
import HeddleClient

/// `heddle context metadata get`: one value.
package struct MetadataGet: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Print the value under a key, as JSON."
    )

    @OptionGroup var context: ContextArgument
    @OptionGroup var item: MetadataArgument
    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            let found = try await client.metadata(item.key, of: context.id)
            switch global.output {
            case .json: Terminal.output.json(found.json)
            case .table: Terminal.output.json(found.value)
            }
        }
    }
}
