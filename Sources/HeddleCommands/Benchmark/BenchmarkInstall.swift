package import ArgumentParser
import HeddleBenchmark

/// `heddle benchmark install`: how quickly archives and packages are fetched and installed.
package struct BenchmarkInstall: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Measure installations of archives and packages, against a plain copy, pip and npm."
    )

    @OptionGroup var scaleOptions: ScaleOptions
    @OptionGroup var outputOptions: OutputOptions

    package init() {}

    package func run() async throws {
        let executable = ServerProcess.executable
        try await outputOptions.show(InstallBenchmark(executable: executable, scale: scaleOptions.scale))
    }
}
