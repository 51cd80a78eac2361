package import ArgumentParser
import HeddleClient
import JSON

/// `heddle context stats`: what all contexts come to.
package struct ContextStatistics: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Count contexts and participants."
    )

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            let json = try await client.contextStatistics()
            let rows = (json.object?.members ?? [])
                .map { [$0.name.replacing("_", with: " "), $0.value.text] }
            global.results.render(Table(headings: ["WHAT", "COUNT"], rows: rows), json: json)
        }
    }
}
