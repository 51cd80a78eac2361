package import ArgumentParser
import HeddleClient
import JSON

/// `heddle context health`: how well a context is.
package struct ContextHealth: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Show how well a context is, and what is in its way."
    )

    @OptionGroup var context: ContextArgument
    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            let json = try await client.contextHealth(context.id)
            let issues = (json["issues"]?.array ?? []).compactMap(\.string)
            global.results.render(([json["overall"]?.string ?? ""] + issues).joined(separator: "\n"), json: json)
        }
    }
}
