package import ArgumentParser
import HeddleClient

/// `heddle cap stats`: what calls came to in the last 24 hours.
package struct CapabilityStatisticsCommand: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show what calls came to: how many, how many failed, how long they took.",
        discussion: "Counts and times are those of the last 24 hours; --output json has all of them."
    )

    @Argument(help: ArgumentHelp("Only those of this extension.", valueName: "extension"))
    var name: String?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            global.results.render(try await client.statistics(of: name), hint: "no capabilities")
        }
    }
}

extension StatisticsResource: ListDisplayable {
    static let tableHeader = ["EXTENSION", "NAME", "CALLS", "FAILED", "CACHED", "P50 MS", "P99 MS", "NOW", "WAITING"]

    var tableRow: [String] {
        [
            extensionName, capability, String(calls), String(failed), String(cacheHits), p50, p99, String(inFlight),
            String(waiting),
        ]
    }
}
