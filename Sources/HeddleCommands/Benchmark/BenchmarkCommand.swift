package import ArgumentParser

/// `heddle benchmark`: measures this Heddle on this machine.
package struct BenchmarkCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Measure Heddle on this machine.",
        subcommands: [
            BenchmarkInvoke.self, BenchmarkSchema.self, BenchmarkRegistry.self, BenchmarkActivate.self,
            BenchmarkInstall.self, BenchmarkCache.self, BenchmarkFailover.self, BenchmarkMemory.self,
            BenchmarkContexts.self, BenchmarkVectors.self,
            BenchmarkHTTP.self,
        ]
    )

    package init() {}
}
