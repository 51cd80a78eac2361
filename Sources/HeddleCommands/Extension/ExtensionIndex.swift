package import ArgumentParser
import HeddleClient
import JSON

/// `heddle ext index`: the registry in memory held against the store.
package struct ExtensionIndex: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "index",
        abstract: "Check or rebuild the registry that the server has in memory.",
        subcommands: [Check.self, Rebuild.self]
    )

    package init() {}

    /// `heddle ext index check`.
    package struct Check: ConnectedCommand {
        package static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Compare the registry in memory with what is stored."
        )

        @OptionGroup package var global: GlobalOptions

        package init() {}

        package func run() async throws {
            try await global.withClient { client in
                let report = try await client.checkRegistry()
                global.results.render(ExtensionIndex.text(report), json: report)
                guard report["differences"]?.array?.isEmpty == true else { throw ExitCode.failure }
            }
        }
    }

    /// `heddle ext index rebuild`.
    package struct Rebuild: ConnectedCommand {
        package static let configuration = CommandConfiguration(
            commandName: "rebuild",
            abstract: "Read the registry anew from what is stored."
        )

        @OptionGroup package var global: GlobalOptions

        package init() {}

        package func run() async throws {
            try await global.withClient { client in
                let report = try await client.rebuildRegistry()
                global.results.render(ExtensionIndex.text(report), json: report)
            }
        }
    }

    private static func text(_ report: JSONValue) -> String {
        let differences = (report["differences"]?.array ?? []).compactMap(\.string)
        var lines = [
            "extensions: \(report["extensions"]?.integer ?? 0), capabilities: \(report["capabilities"]?.integer ?? 0)"
        ]
        lines += differences.isEmpty ? ["nothing differs from what is stored"] : differences
        let repaired = report["repaired"]?.integer ?? 0
        if repaired > 0 { lines.append("put right: \(repaired)") }
        return lines.joined(separator: "\n")
    }
}
