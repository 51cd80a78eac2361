package import ArgumentParser
import HeddleClient
import HeddleModel
import JSON

/// `heddle context sessions update`: changes a session.
package struct SessionUpdate: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Change a session: who is in it, how it went, or its status."
    )

    @OptionGroup var context: ContextArgument
    @OptionGroup var session: SessionArgument

    @Option(help: "active, paused, completed or failed.")
    var status: SessionStatus?

    @Option(help: "Another name.")
    var name: String?

    @Option(help: ArgumentHelp("Who is in it; can be repeated.", valueName: "participant"))
    var participant: [String] = []

    @Option(help: ArgumentHelp("Who of them is at work; can be repeated.", valueName: "participant"))
    var active: [String] = []

    @Option(help: ArgumentHelp("A JSON file with more, such as metrics; - is standard input.", valueName: "file"))
    var file: String?

    @OptionGroup var version: VersionOption
    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        var body = try ContextFile.object(file)
        body.set("status", status.map { .string($0.rawValue) })
        body.set("name", name.map(JSONValue.string))
        body.set("participants", participant.list)
        body.set("active_participants", active.list)
        guard !body.members.isEmpty else { throw ValidationError("Say what is to change.") }
        let asked = JSONValue.object(body)
        try await global.withClient { client in
            let changed = try await client.updateSession(
                session.id,
                of: context.id,
                asked,
                ifVersion: version.ifVersion
            )
            global.results.render("\(changed.name) is \(changed.status)", json: changed.json)
        }
    }
}

/// The session that a command is about.
package struct SessionArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("The id of the session.", valueName: "session"))
    var id: String

    package init() {}
}
