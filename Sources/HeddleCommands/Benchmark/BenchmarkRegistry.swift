package import ArgumentParser
import HeddleBenchmark
import JSON

/// `heddle benchmark registry`: how quickly extensions are registered and looked up.
package struct BenchmarkRegistry: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "registry",
        abstract: "Measure registrations, their stages, and look-ups among many extensions."
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
        let benchmark = RegistryBenchmark(executable: ServerProcess.executable, scale: scale)
        let result = try await benchmark.run { line in
            if isTable { Terminal.output.line(line) }
        }
        if !isTable { Terminal.output.json(result) }
    }
}
