package import ArgumentParser
import HeddleServer
import HeddleStore
import JSON
import Logging

/// `heddle db migrate`: brings the schema up to this version, as the start of a server does.
package struct DatabaseMigrate: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring the database's schema up to this version of Heddle.",
        discussion: "A server does so when it starts; this is for doing it beforehand."
    )

    @OptionGroup var options: DatabaseOptions
    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        var logger = Logger(label: "heddle") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        let applied = try await options.place(global).migrate(HeddleApplication.migrations, logger: logger)
        global.results.render(
            applied.isEmpty ? "nothing was missing" : "applied \(applied.joined(separator: ", "))",
            json: ["applied": .array(applied.map(JSONValue.string))]
        )
    }
}
