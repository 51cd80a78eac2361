package import ArgumentParser
import HeddleClient

/// `heddle ext list`: every extension.
package struct ExtensionList: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the extensions.",
        aliases: ["ls"]
    )

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            global.results.render(
                try await client.extensions(),
                hint: "no extensions; add one with 'heddle ext add time --pypi mcp-server-time'"
            )
        }
    }
}

extension ExtensionResource: ListDisplayable {
    static let tableHeader = ["NAME", "VERSION", "STATE", "SOURCE", "CAPABILITIES", "INSTANCES", "DESCRIPTION"]

    var tableRow: [String] {
        [
            name, version, isHeld ? state + ", held" : state, sourceKind, String(capabilityCount),
            String(instances.count), failure ?? summary,
        ]
    }
}
