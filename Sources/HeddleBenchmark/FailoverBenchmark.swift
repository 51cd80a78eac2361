import Glibc
import HeddleClient
import HeddleModel
package import JSON

/// `heddle benchmark failover`: processes of an extension are killed while callers call it without a pause.
///
/// The tool says that it changes nothing, so that calls that a killed process had are made again; each carries a text of its
/// own, so that an answer to another call would be noticed.
package struct FailoverBenchmark: Benchmark {
    /// Answers within a tenth of a second.
    private struct Slice {
        var latencies = LatencyRecord()
        var wrong = 0
    }

    private static let name = "failover"
    private static let slice: UInt64 = 100_000_000
    private static let pause = Duration.seconds(3)

    private let executable: String
    private let callers: Int
    private let kills: Int

    package init(executable: String, callers: Int, kills: Int) {
        self.executable = executable
        self.callers = callers
        self.kills = kills
    }

    package func run(report: @escaping (String) -> Void) async throws -> JSONValue {
        let folder = try BenchmarkFolder(executable: executable)
        let server = try ServerUnderTest(executable: executable, dataDirectory: folder.path + "/data")
        defer { server.stop() }
        try await register(folder, server)
        let requests = (0..<1000)
            .map { number in
                let text = "text \(number) of its own"
                let body = #"{"parameters":{"text":"\#(text)"},"options":{"cache":"bypass"}}"#
                return (path: "/api/v1/extensions/\(Self.name)/capabilities/echo/invoke", body: body, expected: text)
            }
        let load = try HTTPLoad(port: server.port, headers: server.headers, requests: requests)
        _ = try load.run(callers: callers, seconds: 1)
        let killer = Killer(address: server.address, token: server.token)
        let start = MonotonicClock.now
        let seconds = Double(kills + 1) * (Self.pause / .seconds(1))
        // One thread sends and another kills.
        async let killing: [UInt64] = killer.kill(kills)
        var slices = [Slice](repeating: Slice(), count: Int(seconds * 10) + 200)
        let all = try load.run(callers: callers, seconds: seconds) { at, latency, isExpected in
            let index = min(slices.count - 1, Int((at - start) / Self.slice))
            slices[index].latencies.add(latency)
            if !isExpected { slices[index].wrong += 1 }
        }
        let killed = try await killing
        return tell(all, slices, killed.map { $0 - start }, report)
    }

    private func register(_ folder: BenchmarkFolder, _ server: ServerUnderTest) async throws {
        let path = try folder.writeExtension(
            Self.name,
            adding: [
                .init(name: "runtime", value: ["command": [.string(folder.echo), "--read-only"]]),
                .init(name: "stateless", value: true),
                .init(name: "scaling", value: ["strategy": "horizontal", "min_instances": 4, "max_instances": 4]),
            ]
        )
        let request = ExtensionRequest(name: Self.name, source: .directory(path), isActivated: true)
        _ = try await server.withClient { try await $0.addExtension(request) }
    }

    /// Kills processes now and then.
    private struct Killer: Sendable {
        let address: String
        let token: String

        /// The moments at which it did.
        func kill(_ kills: Int) async throws -> [UInt64] {
            var moments: [UInt64] = []
            for number in 0..<kills {
                try await Task.sleep(for: pause)
                let shown = try await HeddleClient.withClient(server: address, token: token) {
                    try await $0.showExtension(name)
                }
                let running = shown.instances.compactMap(\.processID)
                guard !running.isEmpty else { throw HeddleError(.startFailed, "no process is there to be killed") }
                moments.append(MonotonicClock.now)
                Glibc.kill(pid_t(running[number % running.count]), SIGKILL)
            }
            return moments
        }
    }

    // MARK: What came of it

    private func tell(
        _ all: LatencyRecord,
        _ slices: [Slice],
        _ kills: [UInt64],
        _ report: (String) -> Void
    ) -> JSONValue {
        let quiet = Self.median(slices[5..<Int(kills[0] / Self.slice)].map { $0.latencies.percentiles([0.99])[0] })
        report(LatencyRecord.heading)
        report(all.line("REST, while processes end", callers: callers))
        report("")
        report("p99 of a tenth of a second without kills: \(LatencyRecord.fixed(quiet, 3, 0)) ms")
        var rows: [JSONValue] = []
        for (number, moment) in kills.enumerated() {
            let first = Int(moment / Self.slice)
            let after = slices[first..<min(slices.count, first + 29)]
            let worst = after.map { $0.latencies.percentiles([0.99])[0] }.max() ?? 0
            // The first of three in a row that are as those before were: other work on the machine disturbs single ones.
            let isQuiet = after.map { $0.latencies.percentiles([0.99])[0] <= 3 * quiet }
            let back = isQuiet.indices.dropLast(2).first { isQuiet[$0..<($0 + 3)].allSatisfy(\.self) } ?? isQuiet.count
            let milliseconds = back * 100
            report(
                "kill \(number + 1): worst p99 \(LatencyRecord.fixed(worst, 1, 0)) ms, as before after "
                    + "\(milliseconds) ms, wrong or failed \(after.reduce(0) { $0 + $1.wrong })"
            )
            rows.append([
                "worst_p99_ms": .number(LatencyRecord.fixed(worst, 3, 0)), "recovered_after_ms": .integer(milliseconds),
                "failed": .integer(after.reduce(0) { $0 + $1.wrong }),
            ])
        }
        return [
            "suite": "failover", "calls": .integer(all.count), "failed": .integer(all.failures),
            "quiet_p99_ms": .number(LatencyRecord.fixed(quiet, 3, 0)), "kills": .array(rows),
        ]
    }

    private static func median(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.sorted()[values.count / 2]
    }
}
