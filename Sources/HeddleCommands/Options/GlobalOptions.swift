package import ArgumentParser
import Glibc
import HeddleClient
import HeddleModel

/// The options that every command has.
package struct GlobalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The server's address (default: http://127.0.0.1:7433).", valueName: "url"))
    package var server: String?

    @Option(help: "The server's token (default: HEDDLE_TOKEN, then the data directory's file).")
    package var token: String?

    @Option(help: ArgumentHelp("The data directory (default: ~/.local/share/heddle).", valueName: "path"))
    package var dataDir: String?

    @OptionGroup var outputOptions: OutputOptions

    @Flag(name: [.customShort("v"), .customLong("verbose")], help: "Tell more on standard error.")
    package var isVerbose = false

    package init() {}

    /// How results are printed.
    package var output: OutputFormat { outputOptions.format }
}

/// A command with the options that every command has.
protocol ConnectedCommand: AsyncParsableCommand {
    var global: GlobalOptions { get }
}

extension GlobalOptions {
    /// Where results are printed.
    var results: Output { Output(format: output) }

    /// The server, the token and the data directory that the options and the environment name.
    func settings() throws(HeddleError) -> ClientSettings {
        try ClientSettings(
            server: server,
            token: token,
            dataDirectory: dataDir,
            environment: ProcessEnvironment.variables
        )
    }

    /// Runs a body with a client of the server.
    func withClient<Result>(_ body: (HeddleClient) async throws -> Result) async throws -> Result {
        let settings = try settings()
        do {
            return try await HeddleClient.withClient(
                server: settings.server.description,
                token: settings.token(),
                observer: isVerbose ? Self.trace : nil,
                body
            )
        } catch let error as HeddleError {
            throw settings.explained(error)
        }
    }

    @Sendable
    private static func trace(_ exchange: HeddleClient.Exchange) {
        let milliseconds = exchange.elapsed / Duration.milliseconds(1)
        Terminal.error.line("\(exchange.method) \(exchange.path): \(exchange.status) after \(Int(milliseconds)) ms")
    }
}
