package import ArgumentParser
import HeddleClient

/// `heddle context import`: creates contexts from lines of JSON.
package struct ContextImport: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Create contexts from a file with a line of JSON for each.",
        discussion: """
            A line is what an export wrote, or what creates one context. Lines that are wrong are told with their numbers, \
            and the others are stored; the exit status is 1 then. An import that was cut off is repeated with --skip-existing.
            """
    )

    @Argument(help: "The file; - is standard input.", completion: .file())
    var file: String

    @Flag(help: "Pass over contexts that are there already.")
    var skipExisting = false

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            let (file, skips, count) = (file, skipExisting, TransferCount())
            let report = try await Progress.during(
                "importing \(file == "-" ? "standard input" : DisplayText.line(file))",
                detail: { count.text },
                { try await client.importContexts(from: file, skipsKnown: skips, count) }
            )
            global.results.render(
                "\(report.created) created, \(report.skipped) skipped, \(report.failed) failed of \(report.lines) lines",
                json: report.json
            )
            guard report.failed > 0 else { return }
            if global.output == .table {
                for failure in report.failures {
                    Terminal.error.line(
                        "line \(failure.line): \(DisplayText.line(failure.message)) (\(DisplayText.line(failure.code)))"
                    )
                }
                let untold = report.failed - report.failures.count
                if untold > 0 { Terminal.error.line("and \(untold) lines more") }
            }
            throw ExitCode.failure
        }
    }
}

extension TransferCount {
    /// What was moved so far, as it is shown behind a progress.
    var text: String { ", \(bytes >> 10) kB" }
}
