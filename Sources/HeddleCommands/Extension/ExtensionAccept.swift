package import ArgumentParser
import HeddleClient
import HeddleModel

/// `heddle ext accept`: accept tools that changed since they were accepted.
package struct ExtensionAccept: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "accept",
        abstract: "Accept the tools of an extension that is held because they changed."
    )

    @Argument(help: "The extension.")
    var name: String

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            // What is accepted is what was looked at, whatever is offered since.
            let held = try await client.showExtension(name)
            for line in held.changeLines { Terminal.error.line(line) }
            let changed = try await client.acceptExtension(name, revision: held.revision)
            global.results.render("\(changed.name) is \(changed.state) with its new tools", json: changed.json)
        }
    }
}
