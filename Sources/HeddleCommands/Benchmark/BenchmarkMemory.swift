package import ArgumentParser
import HeddleBenchmark

/// `heddle benchmark memory`: whether a server grows with the calls that it makes.
package struct BenchmarkMemory: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "memory",
        abstract: "Measure a server's memory over many calls of all kinds."
    )

    @Option(help: "How many calls are made.")
    var calls = 1_000_000

    @OptionGroup var outputOptions: OutputOptions

    package init() {}

    package func validate() throws {
        guard (1000...100_000_000).contains(calls) else { throw ValidationError("--calls is from 1000 to 100000000") }
    }

    package func run() async throws {
        try await outputOptions.show(MemoryBenchmark(executable: ServerProcess.executable, calls: calls))
    }
}
