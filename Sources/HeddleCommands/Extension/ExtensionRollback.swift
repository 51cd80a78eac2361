package import ArgumentParser
import HeddleClient

/// `heddle ext rollback`: goes back to a version that ran before.
package struct ExtensionRollback: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Go back to an earlier version of an extension without losing a call."
    )

    @Argument(help: "The extension.")
    var name: String

    @Option(help: ArgumentHelp("The number of the version, from 'heddle ext versions'.", valueName: "number"))
    var to: Int?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            let before = try await client.showExtension(name)
            let after = try await client.rollbackExtension(name, to: to)
            let sentence = "\(name) is \(after.state) with \(after.version) (it was \(before.version))"
            global.results.render(sentence, json: after.json)
        }
    }
}
