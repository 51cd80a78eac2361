package import ArgumentParser
import HeddleClient

/// `heddle context clone`: creates a context like another one.
package struct ContextClone: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "clone",
        abstract: "Create a context like another one, without its participants and sessions.",
        discussion: "Prints the id of the new one."
    )

    @OptionGroup var context: ContextArgument

    @Option(help: "Its name (default: the other's with \"(copy)\").")
    var name: String?

    @Flag(name: .customLong("no-state"), help: "Leave the shared state and the metadata items behind.")
    var isBare = false

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            let copy = try await client.cloneContext(context.id, name: name, copiesState: !isBare)
            global.results.render(copy.id, json: copy.json)
        }
    }
}
