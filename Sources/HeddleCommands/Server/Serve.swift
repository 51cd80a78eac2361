package import ArgumentParser
import HeddleServer

/// `heddle serve`: runs a server until it is told to stop.
package struct Serve: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a server in the foreground."
    )

    @Option(help: "The address to listen on (default: 127.0.0.1).")
    var host: String?

    @Option(help: "The port to listen on; 0 takes a free one (default: 7433).")
    var port: UInt16?

    @Option(help: ArgumentHelp("A PostgreSQL database (default: SQLite in the data directory).", valueName: "url"))
    var database: String?

    @Option(help: ArgumentHelp("A configuration file, JSON or YAML.", valueName: "path"))
    var config: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        var flags: [String: String] = [:]
        flags["http.host"] = host
        flags["http.port"] = port.map(String.init)
        flags["database.url"] = database
        flags["log.level"] = logLevel
        let configuration = try LocalConfiguration.load(file: config, global: global, flags: flags)
        try await HeddleApplication(configuration: configuration).run()
    }
}
