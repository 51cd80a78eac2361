package import ArgumentParser
import HeddleClient
import JSON

/// `heddle context sessions begin`: begins a session.
package struct SessionBegin: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "begin",
        abstract: "Begin a session in a context.",
        discussion: "Prints its id."
    )

    @OptionGroup var context: ContextArgument

    @Argument(help: "Its name.")
    var name: String

    @Option(help: "What kind of work it is.")
    var type: String?

    @Option(help: ArgumentHelp("The id of a participant that is in it; can be repeated.", valueName: "participant"))
    var participant: [String] = []

    @Option(help: ArgumentHelp("After how long it fails by itself, such as 30m.", valueName: "duration"))
    var maxDuration: DurationArgument?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        var body = JSONObject(members: [.init(name: "name", value: .string(name))])
        body.set("type", type.map(JSONValue.string))
        body.set("participants", participant.list)
        body.set(
            "configuration",
            "max_duration",
            maxDuration.map { .integer(Int($0.duration / Duration.milliseconds(1))) }
        )
        let asked = JSONValue.object(body)
        try await global.withClient { client in
            let session = try await client.beginSession(in: context.id, asked)
            global.results.render(session.id, json: session.json)
        }
    }
}
