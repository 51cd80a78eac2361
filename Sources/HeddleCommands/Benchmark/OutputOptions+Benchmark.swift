import HeddleBenchmark

extension OutputOptions {
    /// Runs a benchmark and shows its lines as they come, or for programs what it found at the end.
    ///
    /// - Throws: what the benchmark throws.
    func show(_ benchmark: some Benchmark) async throws {
        switch format {
        case .table: _ = try await benchmark.run { Terminal.output.line($0) }
        case .json: Terminal.output.json(try await benchmark.run { _ in })
        }
    }
}
