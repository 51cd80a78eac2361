package import ArgumentParser
import HeddleClient

/// `heddle ext permissions`: what an extension runs and may do.
package struct ExtensionPermissionsCommand: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "permissions",
        abstract: "Show what an extension runs and what it was granted."
    )

    @Argument(help: "The extension.")
    var name: String

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            global.results.render(try await client.permissions(of: name))
        }
    }
}

extension ExtensionPermissions: DetailDisplayable {
    var details: [(name: String, value: String)] {
        [("command", DisplayText.command(command)), ("reads to run", reads.joined(separator: "\n"))]
            + grants.details + [("accepted", acceptedAt ?? "")]
    }
}
