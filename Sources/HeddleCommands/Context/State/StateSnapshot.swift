package import ArgumentParser
import HeddleClient

/// `heddle context state snapshot`: keeps the present state.
package struct StateSnapshot: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Keep the present shared state.",
        discussion: "Prints the id of the snapshot."
    )

    @OptionGroup var context: ContextArgument

    @Option(help: "Its name.")
    var name: String?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            let snapshot = try await client.takeSnapshot(of: context.id, name: name)
            global.results.render(snapshot.id, json: snapshot.json)
        }
    }
}
