package import ArgumentParser
import HeddleClient
import JSON

/// `heddle context delete`: removes contexts with everything in them.
package struct ContextDelete: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Remove contexts with everything in them.",
        aliases: ["remove", "rm"]
    )

    @Argument(help: ArgumentHelp("The ids of the contexts.", valueName: "context"))
    var ids: [String]

    @OptionGroup var version: VersionOption
    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            for id in ids {
                try await client.deleteContext(id, ifVersion: version.ifVersion)
                global.results.render("\(id) is removed", json: ["removed": .string(id)])
            }
        }
    }
}
