package import ArgumentParser
import HeddleClient
import JSON

/// `heddle context participants remove`: makes participants leave.
package struct ParticipantRemove: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Make participants leave a context.",
        aliases: ["rm"]
    )

    @OptionGroup var context: ContextArgument

    @Argument(help: ArgumentHelp("The ids of the participants.", valueName: "participant"))
    var ids: [String]

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            for id in ids {
                try await client.removeParticipant(id, of: context.id)
                global.results.render("\(id) has left", json: ["removed": .string(id)])
            }
        }
    }
}
