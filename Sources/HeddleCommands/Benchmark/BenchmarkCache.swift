package import ArgumentParser
import HeddleBenchmark

/// `heddle benchmark cache`: how quickly kept results are found and put in.
package struct BenchmarkCache: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "cache",
        abstract: "Measure the cache of results by itself: hits, fills with eviction, and keys."
    )

    @OptionGroup var scaleOptions: ScaleOptions
    @OptionGroup var outputOptions: OutputOptions

    package init() {}

    package func run() async throws {
        try await outputOptions.show(CacheBenchmark(scale: scaleOptions.scale))
    }
}
