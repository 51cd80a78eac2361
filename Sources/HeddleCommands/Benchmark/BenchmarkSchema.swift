package import ArgumentParser
import HeddleBenchmark

/// `heddle benchmark schema`: how quickly values are judged with JSON Schemas.
package struct BenchmarkSchema: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Measure verdicts of JSON Schemas, on a tool call, on messages and on the official suite."
    )

    @Option(help: ArgumentHelp("A folder with schema.json and examples/NAME/*.json.", valueName: "folder"))
    var messages: String?

    @Option(
        help: ArgumentHelp("The folder of a draft in the official suite, such as tests/draft7.", valueName: "folder")
    )
    var suite: String?

    @Option(help: "Seconds for each measurement.")
    var seconds = 2.0

    @OptionGroup var outputOptions: OutputOptions

    package init() {}

    package func validate() throws {
        guard (0.1...60).contains(seconds) else { throw ValidationError("--seconds is from 0.1 to 60") }
    }

    package func run() async throws {
        try await outputOptions.show(SchemaBenchmark(messages: messages, suite: suite, seconds: seconds))
    }
}
