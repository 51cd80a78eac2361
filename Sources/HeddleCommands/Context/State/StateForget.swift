package import ArgumentParser
import HeddleClient
import JSON

/// `heddle context state forget`: removes a snapshot.
package struct StateForget: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Remove a snapshot."
    )

    @OptionGroup var context: ContextArgument

    @Argument(help: "The id of the snapshot.")
    var snapshot: String

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            try await client.deleteSnapshot(snapshot, of: context.id)
            global.results.render("\(snapshot) is removed", json: ["removed": .string(snapshot)])
        }
    }
}
