package import ArgumentParser
import HeddleClient
import JSON

/// `heddle context participants add`: lets some into a context.
package struct ParticipantAdd: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Let agents, people or programs into a context, all or none.",
        discussion: "Prints the id of each."
    )

    @OptionGroup var context: ContextArgument

    @Argument(help: ArgumentHelp("Who they are: ids of your own.", valueName: "agent"))
    var agents: [String]

    @OptionGroup var attributes: ParticipantOptions

    @Option(help: "How it is shown, when it is one.")
    var displayName: String?

    @Option(help: "The token of a context for invited ones.")
    var joinToken: String?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func validate() throws {
        guard displayName == nil || agents.count == 1 else {
            throw ValidationError("--display-name goes with one agent.")
        }
    }

    package func run() async throws {
        var body = try attributes.body()
        body.set("display_name", displayName.map(JSONValue.string))
        body.set("join_token", joinToken.map(JSONValue.string))
        let bodies = agents.map { agent in
            var body = body
            body["agent_id"] = .string(agent)
            return JSONValue.object(body)
        }
        try await global.withClient { client in
            guard bodies.count == 1 else {
                let joined = try await client.addParticipants(to: context.id, bodies)
                return global.results.render(joined.items.map(\.id).joined(separator: "\n"), json: joined.json)
            }
            let joined = try await client.addParticipant(to: context.id, bodies[0])
            global.results.render(joined.id, json: joined.json)
        }
    }
}
