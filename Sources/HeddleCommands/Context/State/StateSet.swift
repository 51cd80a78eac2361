package import ArgumentParser
import HeddleClient

/// `heddle context state set`: replaces the shared state.
package struct StateSet: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Replace the shared state with the JSON in a file."
    )

    @OptionGroup var context: ContextArgument

    @Argument(help: "The file; - is standard input.", completion: .file())
    var file: String

    @OptionGroup var base: StateBaseOptions
    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let document = try ContextFile.json(file)
        try await global.withClient { client in
            let state = try await client.replaceState(of: context.id, document, base.base)
            global.results.render(state.sentence, json: state.json)
        }
    }
}
