package import ArgumentParser
import HeddleBenchmark

/// `heddle benchmark registry`: how quickly extensions are registered and looked up.
package struct BenchmarkRegistry: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "registry",
        abstract: "Measure registrations, their stages, and look-ups among many extensions."
    )

    @OptionGroup var scaleOptions: ScaleOptions
    @OptionGroup var outputOptions: OutputOptions

    package init() {}

    package func run() async throws {
        let executable = ServerProcess.executable
        try await outputOptions.show(RegistryBenchmark(executable: executable, scale: scaleOptions.scale))
    }
}
