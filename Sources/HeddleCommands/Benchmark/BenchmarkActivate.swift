package import ArgumentParser
import HeddleBenchmark

/// `heddle benchmark activate`: how quickly extensions are activated.
package struct BenchmarkActivate: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "activate",
        abstract: "Measure activations in the sandbox: a first start, its greeting, its tools and its end."
    )

    @OptionGroup var scaleOptions: ScaleOptions
    @OptionGroup var outputOptions: OutputOptions

    package init() {}

    package func run() async throws {
        let executable = ServerProcess.executable
        try await outputOptions.show(ActivateBenchmark(executable: executable, scale: scaleOptions.scale))
    }
}
