package import ArgumentParser
import HeddleClient

/// `heddle cap list`: the capabilities of one extension, or of all.
package struct CapabilityList: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List capabilities.",
        aliases: ["ls"]
    )

    @Argument(help: ArgumentHelp("Only those of this extension.", valueName: "extension"))
    var name: String?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            let page = try await client.capabilities(of: name)
            if page.items.isEmpty, let name { try await client.explainEmptiness(of: name) }
            let hint = name.map { "'\($0)' has no capabilities; see 'heddle ext show \($0)'" }
            global.results.render(page, hint: hint ?? "no capabilities; add an extension with 'heddle ext add'")
        }
    }
}

extension CapabilityResource: ListDisplayable {
    static let tableHeader = ["EXTENSION", "NAME", "DESCRIPTION"]

    var tableRow: [String] { [extensionName, name, summary.isEmpty ? title ?? "" : summary] }
}
