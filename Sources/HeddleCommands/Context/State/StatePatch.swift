package import ArgumentParser
import HeddleClient

/// `heddle context state patch`: changes the shared state.
package struct StatePatch: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "patch",
        abstract: "Change the shared state by the JSON patch (RFC 6902) in a file, or a merge patch (RFC 7396).",
        discussion: "It is done as a whole or not at all."
    )

    @OptionGroup var context: ContextArgument

    @Argument(help: "The file; - is standard input.", completion: .file())
    var file: String

    @Flag(help: "It is a merge patch.")
    var merge = false

    @OptionGroup var base: StateBaseOptions
    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let patch = try ContextFile.json(file)
        try await global.withClient { client in
            let state = try await client.patchState(of: context.id, patch, merges: merge, base.base)
            global.results.render(state.sentence, json: state.json)
        }
    }
}
