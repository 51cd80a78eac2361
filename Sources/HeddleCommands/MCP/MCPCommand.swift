package import ArgumentParser
import HeddleClient

/// `heddle mcp`: speaks MCP over standard input and output, for desktop clients.
package struct MCPCommand: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "mcp",
        abstract: "Speak MCP over standard input and output, for desktop clients.",
        discussion: "Starts 'heddle serve' in the background when none runs and the address is this machine's."
    )

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let settings = try global.settings()
        let launcher = ServerLauncher(settings: settings, isVerbose: global.isVerbose)
        try await launcher.ensureRunning()
        let streams = StandardStreams()
        let bridge = MCPBridge(
            server: settings.server,
            token: settings.token(),
            revival: { (try? await launcher.ensureRunning()) != nil },
            output: { await streams.write(line: $0) }
        )
        await bridge.run { await streams.read() }
    }
}
