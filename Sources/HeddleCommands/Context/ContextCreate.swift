package import ArgumentParser
import HeddleClient
import HeddleModel
import JSON

/// `heddle context create`: creates a context.
package struct ContextCreate: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create a context.",
        discussion: "Prints its id, which the other commands take. With --output json it is shown whole."
    )

    @Argument(help: "Its name, unless a file has it.")
    var name: String?

    @OptionGroup(title: "What it is") var attributes: ContextAttributeOptions

    @Option(help: ArgumentHelp("The same key gives the same context for a day.", valueName: "key"))
    var idempotencyKey: String?

    @OptionGroup(title: "Global options") package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        var body = try attributes.body()
        body.set("name", name.map(JSONValue.string))
        if body["type"] == nil { body["type"] = .string(ContextType.collaborative.rawValue) }
        guard body["name"] != nil else { throw ValidationError("Give the context a name.") }
        let asked = JSONValue.object(body)
        try await global.withClient { client in
            let context = try await client.createContext(asked, idempotencyKey: idempotencyKey)
            global.results.render(context.id, json: context.json)
        }
    }
}
