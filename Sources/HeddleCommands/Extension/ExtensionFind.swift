package import ArgumentParser
import HeddleClient
import HeddleModel

/// `heddle ext find`: extensions by what they can do and what they are.
package struct ExtensionFind: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "find",
        abstract: "Find extensions by what they can do and what they are."
    )

    @Argument(help: ArgumentHelp("A part of the name or of the description.", valueName: "text"))
    var text: String?

    @Option(help: ArgumentHelp("A tool, or what a manifest declares.", valueName: "name"))
    var capability: String?

    @Option(help: ArgumentHelp("What it is for, such as ai or security.", valueName: "type"))
    var type: ExtensionKind?

    @Option(help: ArgumentHelp("Its versions, such as '^1.2'.", valueName: "range"))
    var version: String?

    @Option(help: ArgumentHelp("Where it is in its life, such as active.", valueName: "state"))
    var state: ExtensionState?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            let found = try await client.extensions(matching: [
                ("q", text), ("capability", capability), ("type", type?.rawValue), ("version", version),
                ("state", state?.rawValue),
            ])
            global.results.render(found, hint: "no extension is like that")
        }
    }
}

extension ExtensionKind: ExpressibleByArgument {}
extension ExtensionState: ExpressibleByArgument {}
