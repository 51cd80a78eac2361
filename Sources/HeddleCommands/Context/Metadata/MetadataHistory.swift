package import ArgumentParser
import HeddleClient
import JSON

/// `heddle context metadata history`: what was under a key.
package struct MetadataHistory: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "List what was under a key, the newest first."
    )

    @OptionGroup var context: ContextArgument
    @OptionGroup var item: MetadataArgument
    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            global.results.render(try await client.metadataHistory(item.key, of: context.id), hint: "no history")
        }
    }
}

extension MetadataVersionResource: ListDisplayable {
    static let tableHeader = ["VERSION", "CHANGED", "BY", "VALUE"]

    var tableRow: [String] { [String(version), changedAt, changedBy, value?.text ?? "removed"] }
}
