package import ArgumentParser
import HeddleClient
import HeddleModel
import JSON

/// `heddle cap invoke`: calls a capability and prints what it answers.
package struct CapabilityInvoke: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "invoke",
        abstract: "Call a capability and print its result.",
        discussion: """
            Prints the structured content of the result when there is any, else its text. A tool that fails has its \
            text on standard error and exit status 1.
            """,
        aliases: ["call"]
    )

    @OptionGroup var capability: CapabilityArguments

    @Option(
        name: [.customShort("p"), .long],
        help: ArgumentHelp("A parameter, name=value or name:=JSON; can be repeated.", valueName: "parameter")
    )
    var param: [String] = []

    @Option(help: ArgumentHelp("All parameters: a JSON object, @file, or - for standard input.", valueName: "json"))
    var params: String?

    @Option(help: ArgumentHelp("How long it may take, such as 30s or 500ms.", valueName: "duration"))
    var timeout: DurationArgument?

    @Option(help: ArgumentHelp("Of kept results: default, bypass, refresh or only-if-cached.", valueName: "mode"))
    var cache: String?

    @Flag(help: "Tell how the call went: its steps and their times, with --output json.")
    var trace = false

    @Flag(help: "Print the whole MCP result as JSON.")
    var raw = false

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let arguments = try ParameterArguments(base: try base(), param)
        try await global.withClient { client in
            let (name, owner) = (capability.name, capability.extensionName)
            let schema = arguments.needsSchema ? try await client.capability(name, of: owner).inputSchema : [:]
            let parameters = try arguments.value(schema: ParameterSchema(schema))
            let timeout = timeout?.duration
            try show(
                await client.invoke(
                    name,
                    of: owner,
                    parameters: parameters,
                    timeout: timeout,
                    cache: cache,
                    trace: trace
                )
            )
        }
    }

    private func base() throws(HeddleError) -> JSONObject {
        guard let params else { return JSONObject() }
        let limit = 64 << 20
        let bytes =
            if params == "-" {
                try FileBytes.standardInput(limit: limit)
            } else if params.hasPrefix("@") {
                try FileBytes.read(String(params.dropFirst()), limit: limit)
            } else {
                Array(params.utf8)
            }
        do {
            if let object = try JSONValue(parsing: bytes).object { return object }
        } catch {
            throw HeddleError(.malformedJSON, "--params is not acceptable JSON: \(error)")
        }
        throw HeddleError(.invalidRequest, "--params is a JSON object")
    }
}
