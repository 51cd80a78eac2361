package import ArgumentParser
import HeddleClient

/// `heddle status`: how the server is doing.
package struct Status: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how the server is doing."
    )

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            global.results.render(try await client.status())
        }
    }
}

extension ServerStatus: DetailDisplayable {
    var details: [(name: String, value: String)] {
        [
            ("version", version),
            ("address", address),
            ("process", processID.map(String.init) ?? ""),
            ("up for", DurationText.render(milliseconds: uptimeMilliseconds)),
            ("data directory", dataDirectory),
            ("database", "\(database.engine) \(database.place)"),
            ("extensions", "\(activeExtensions) active of \(totalExtensions)"),
            ("instances", String(instances)),
            ("calls", "\(totalCalls) in all, \(failedCalls) failed, \(callsInFlight) under way"),
        ]
    }
}
