package import ArgumentParser
import HeddleBenchmark
import HeddleModel
import JSON

/// `heddle benchmark invoke`: calls through the server, and the same calls straight over the extension's pipe.
package struct BenchmarkInvoke: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "invoke",
        abstract: "Measure calls through a server of its own, and the same calls over a bare pipe.",
        discussion: "The load generator shares the machine with the server, so ratios count more than figures."
    )

    @Option(help: "Seconds for each of the twelve measurements.")
    var seconds = 3.0

    @OptionGroup var outputOptions: OutputOptions

    package init() {}

    private var output: OutputFormat { outputOptions.format }

    package func validate() throws {
        guard (0.1...60).contains(seconds) else { throw ValidationError("--seconds is from 0.1 to 60") }
    }

    package func run() async throws {
        let benchmark = try InvokeBenchmark(executable: ServerProcess.executable, seconds: seconds)
        let isTable = output == .table
        let result = try await benchmark.run { line in
            if isTable { Terminal.output.line(line) }
        }
        if !isTable { Terminal.output.json(result) }
    }
}
