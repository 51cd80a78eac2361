package import JSON

/// The operations on contexts alone, on any server of this machine that answers as Heddle does.
package struct ContextCallsBenchmark: Benchmark {
    private let target: ContextTarget
    private let callers: Int
    private let seconds: Double

    package init(port: UInt16, headers: [String], callers: Int, seconds: Double) {
        target = ContextTarget(port: port, headers: headers)
        self.callers = callers
        self.seconds = seconds
    }

    package func run(report tell: @escaping (String) -> Void) async throws -> JSONValue {
        var report = BenchmarkReport(tell)
        _ = try ContextCalls(target, callers: callers, seconds: seconds)
            .run { report.add($0, callers: callers, $1) }
        return report.json(suite: "contexts")
    }
}
