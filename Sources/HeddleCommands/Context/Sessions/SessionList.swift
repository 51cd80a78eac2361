package import ArgumentParser
import HeddleClient
import HeddleModel

/// `heddle context sessions list`: the sessions of a context.
package struct SessionList: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the sessions of a context.",
        aliases: ["ls"]
    )

    @OptionGroup var context: ContextArgument

    @Option(help: "Only those in this state.")
    var status: SessionStatus?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            global.results.render(
                try await client.sessions(of: context.id, status: status?.rawValue),
                hint: "no sessions; begin one with 'heddle context sessions begin <context> <name>'"
            )
        }
    }
}

extension SessionResource: ListDisplayable {
    static let tableHeader = ["ID", "NAME", "TYPE", "STATUS", "ACTIVE", "STARTED", "COMPLETED"]

    var tableRow: [String] {
        [id, name, type, status, "\(activeCount)/\(participantCount)", startedAt, completedAt]
    }
}
