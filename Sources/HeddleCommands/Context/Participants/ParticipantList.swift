package import ArgumentParser
import HeddleClient
import HeddleModel

/// `heddle context participants list`: who takes part in a context.
package struct ParticipantList: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the participants of a context.",
        aliases: ["ls"]
    )

    @OptionGroup var context: ContextArgument

    @Option(help: "Only those with this role.")
    var role: String?

    @Option(help: "Only those in this state; those that have left are shown only so.")
    var status: ParticipantStatus?

    @Option(help: "Only those of this type.")
    var type: ParticipantType?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let query = [("role", role), ("status", status?.rawValue), ("type", type?.rawValue)]
        try await global.withClient { client in
            global.results.render(
                try await client.participants(of: context.id, matching: query),
                hint: "no participants; add one with 'heddle context participants add <context> <agent>'"
            )
        }
    }
}

extension ParticipantResource: ListDisplayable {
    static let tableHeader = ["ID", "AGENT", "NAME", "TYPE", "STATUS", "JOINED", "ROLES"]

    var tableRow: [String] { [id, agent, displayName, type, status, joinedAt, roles.joined(separator: ", ")] }
}
