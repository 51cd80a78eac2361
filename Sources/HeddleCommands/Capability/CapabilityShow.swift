package import ArgumentParser
import HeddleClient
import JSON

/// `heddle cap show`: one capability with its parameters.
package struct CapabilityShow: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one capability with its parameters."
    )

    @OptionGroup var capability: CapabilityArguments
    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            global.results.render(try await client.capability(capability.name, of: capability.extensionName))
        }
    }
}

extension CapabilityResource: DetailDisplayable {
    var details: [(name: String, value: String)] {
        let parameters = ParameterSchema(inputSchema).parameters
        return [
            ("name", "\(extensionName)/\(name)"),
            ("at /mcp", mcpName),
            ("title", title ?? ""),
            ("description", summary),
            ("parameters", parameters.isEmpty ? "none" : parameters.map(\.line).joined(separator: "\n")),
            ("annotations", annotations?.text ?? ""),
            ("input schema", inputSchema.text),
            ("output schema", outputSchema?.text ?? ""),
        ]
    }
}
