package import ArgumentParser
import HeddleClient
import JSON

/// `heddle context state get`: the shared state.
package struct StateGet: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Print the shared state, or a part of it, as JSON.",
        discussion: "With --output json its version and checksum are shown as well."
    )

    @OptionGroup var context: ContextArgument

    @Option(help: "A JSON pointer, such as /tasks/0/title.")
    var path: String?

    @Option(help: "An earlier version.")
    var version: Int?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            let state = try await client.state(of: context.id, path: path, version: version)
            switch global.output {
            case .json: Terminal.output.json(state.json)
            case .table: Terminal.output.json(state.value ?? .null)
            }
        }
    }
}

extension SharedStateResource {
    /// What a change came to.
    var sentence: String { "the state has version \(version), \(checksum)" }
}
