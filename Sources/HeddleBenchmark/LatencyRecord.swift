package import JSON

/// The latencies of one run and what they come to.
package struct LatencyRecord: Sendable {
    private var nanoseconds: [UInt64] = []
    /// Answers that were not what they should have been.
    package var failures = 0
    /// The time of the whole run, in nanoseconds.
    package var elapsed: UInt64 = 0

    package init() {
        nanoseconds.reserveCapacity(1 << 18)
    }

    package mutating func add(_ latency: UInt64) {
        nanoseconds.append(latency)
    }

    package var count: Int { nanoseconds.count }

    /// Adds a run that came after this one.
    mutating func take(_ other: LatencyRecord) {
        nanoseconds += other.nanoseconds
        failures += other.failures
        elapsed += other.elapsed
    }

    /// Answers each second.
    package var rate: Double { elapsed == 0 ? 0 : Double(count) * 1e9 / Double(elapsed) }

    /// The latency on average, in milliseconds.
    var mean: Double { nanoseconds.isEmpty ? 0 : Double(nanoseconds.reduce(0, +)) / Double(count) / 1e6 }

    /// The latency that the given share of answers stays under, in milliseconds.
    package func percentiles(_ shares: [Double]) -> [Double] {
        guard !nanoseconds.isEmpty else { return shares.map { _ in 0 } }
        let sorted = nanoseconds.sorted()
        return shares.map { share in
            let index = min(sorted.count - 1, Int(share * Double(sorted.count)))
            return Double(sorted[index]) / 1e6
        }
    }
}

extension LatencyRecord {
    /// The heading over lines of ``line(_:callers:)``.
    package static let heading = "path                      callers   calls/s   p50 ms   p95 ms   p99 ms  failed"

    /// The run as one line of a table.
    package func line(_ path: String, callers: Int) -> String {
        let times = percentiles([0.5, 0.95, 0.99]).map { Self.fixed($0, 3, 9) }.joined()
        return Self.padded(path, 26) + Self.fixed(Double(callers), 0, 7) + Self.fixed(rate, 0, 10) + times
            + Self.fixed(Double(failures), 0, 8)
    }

    /// The run for programs.
    package func json(_ path: String, callers: Int) -> JSONValue {
        let times = percentiles([0.5, 0.95, 0.99]).map { JSONValue.number(Self.fixed($0, 4, 0)) }
        return [
            "path": .string(path), "callers": .integer(callers), "calls_per_second": .integer(Int(rate)),
            "p50_ms": times[0], "p95_ms": times[1], "p99_ms": times[2], "failed": .integer(failures),
        ]
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// A number with a fixed count of decimals, aligned to the right.
    static func fixed(_ number: Double, _ decimals: Int, _ width: Int) -> String {
        var scale = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int((number * Double(scale)).rounded())
        var text = String(scaled / scale)
        if decimals > 0 { text += "." + String(scaled % scale + scale).dropFirst() }
        return String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
