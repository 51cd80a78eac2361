package import ArgumentParser
import HeddleClient
import HeddleModel
import JSON

/// `heddle context participants update`: changes a participant.
package struct ParticipantUpdate: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Change a participant: some of what is said of it, or its status."
    )

    @OptionGroup var context: ContextArgument

    @Argument(help: ArgumentHelp("The id of the participant.", valueName: "participant"))
    var id: String

    @Option(help: "active or inactive.")
    var status: ParticipantStatus?

    @Option(help: "How it is shown.")
    var displayName: String?

    @OptionGroup var attributes: ParticipantOptions
    @OptionGroup var version: VersionOption
    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        var body = try attributes.body()
        body.set("display_name", displayName.map(JSONValue.string))
        body.set("status", status.map { .string($0.rawValue) })
        guard !body.members.isEmpty else { throw ValidationError("Say what is to change.") }
        let asked = JSONValue.object(body)
        try await global.withClient { client in
            let changed = try await client.updateParticipant(
                id,
                of: context.id,
                asked,
                ifVersion: version.ifVersion
            )
            global.results.render("\(changed.agent) is \(changed.status)", json: changed.json)
        }
    }
}
