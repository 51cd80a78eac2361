package import ArgumentParser
import HeddleBenchmark

/// `heddle benchmark failover`: what callers notice of processes that are killed.
package struct BenchmarkFailover: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "failover",
        abstract: "Kill processes of an extension under load, and tell what its callers notice."
    )

    @Option(help: "How many processes are killed, one after the other.")
    var kills = 5

    @Option(help: "Callers that call without a pause.")
    var callers = 64

    @OptionGroup var outputOptions: OutputOptions

    package init() {}

    package func validate() throws {
        guard (1...100).contains(kills) else { throw ValidationError("--kills is from 1 to 100") }
        guard (1...1000).contains(callers) else { throw ValidationError("--callers is from 1 to 1000") }
    }

    package func run() async throws {
        let benchmark = FailoverBenchmark(executable: ServerProcess.executable, callers: callers, kills: kills)
        try await outputOptions.show(benchmark)
    }
}
