package import ArgumentParser
import HeddleBenchmark
import JSON

/// `heddle benchmark activate`: how quickly extensions are activated.
package struct BenchmarkActivate: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "activate",
        abstract: "Measure activations in the sandbox: a first start, its greeting, its tools and its end."
    )

    @Option(help: "A share of the work, for a quick look.")
    var scale = 1.0

    @OptionGroup var outputOptions: OutputOptions

    package init() {}

    package func validate() throws {
        guard (0.001...10).contains(scale) else { throw ValidationError("--scale is from 0.001 to 10") }
    }

    package func run() async throws {
        let isTable = outputOptions.format == .table
        let benchmark = ActivateBenchmark(executable: ServerProcess.executable, scale: scale)
        let result = try await benchmark.run { line in
            if isTable { Terminal.output.line(line) }
        }
        if !isTable { Terminal.output.json(result) }
    }
}
