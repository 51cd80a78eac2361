package import ArgumentParser
import HeddleClient

/// `heddle context state restore`: goes back to an earlier state.
package struct StateRestore: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a snapshot or an earlier version in place of the shared state."
    )

    @OptionGroup var context: ContextArgument

    @Argument(help: "The id of the snapshot.")
    var snapshot: String?

    @Option(help: "The version, instead of a snapshot.")
    var version: Int?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func validate() throws {
        guard (snapshot == nil) != (version == nil) else {
            throw ValidationError("Give either a snapshot or --version.")
        }
    }

    package func run() async throws {
        try await global.withClient { client in
            let state = try await client.restoreState(of: context.id, snapshot: snapshot, version: version)
            global.results.render(state.sentence, json: state.json)
        }
    }
}
