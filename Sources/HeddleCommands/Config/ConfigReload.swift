package import ArgumentParser
import HeddleClient
import JSON

/// `heddle config reload`: asks the running server to read its configuration again.
package struct ConfigReload: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Ask the running server to read its configuration again.",
        discussion: """
            It applies what a running server can take and names what needs a restart. A file with a fault changes nothing.
            SIGHUP does the same.
            """
    )

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let reload = try await global.withClient { client in try await client.reloadConfiguration() }
        global.results.render(Self.sentence(reload), json: reload.json)
    }

    private static func sentence(_ reload: ConfigurationReload) -> String {
        guard !reload.changes.isEmpty else { return "nothing changed" }
        return reload.changes
            .map { "\($0.key): '\($0.old)' -> '\($0.new)'\($0.isApplied ? "" : ", after a restart")" }
            .joined(separator: "\n")
    }
}
