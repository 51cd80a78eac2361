package import ArgumentParser
import HeddleClient
import JSON

/// `heddle context metadata list`: the metadata items of a context.
package struct MetadataList: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the metadata items of a context.",
        aliases: ["ls"]
    )

    @OptionGroup var context: ContextArgument

    @Option(help: "Only those whose keys match, such as 'priority*'.")
    var pattern: String?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            global.results.render(
                try await client.metadata(of: context.id, matching: pattern),
                hint: "no metadata; put some with 'heddle context metadata set <context> <key> <value>'"
            )
        }
    }
}

extension MetadataResource: ListDisplayable {
    static let tableHeader = ["KEY", "VERSION", "UPDATED", "BY", "VALUE"]

    var tableRow: [String] { [key, String(version), updatedAt, updatedBy, value.text] }
}
