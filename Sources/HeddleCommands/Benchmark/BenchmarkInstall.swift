package import ArgumentParser
import HeddleBenchmark

/// `heddle benchmark install`: how quickly archives are fetched and installed.
package struct BenchmarkInstall: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Measure installations of archives from an address, against a plain copy."
    )

    @OptionGroup var scaleOptions: ScaleOptions
    @OptionGroup var outputOptions: OutputOptions

    package init() {}

    package func run() async throws {
        let executable = ServerProcess.executable
        try await outputOptions.show(InstallBenchmark(executable: executable, scale: scaleOptions.scale))
    }
}
