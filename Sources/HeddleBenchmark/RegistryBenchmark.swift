import HeddleClient
import HeddleModel
package import JSON

/// `heddle benchmark registry`: durable registrations over REST, manifests that are found, and look-ups in memory.
package struct RegistryBenchmark: Benchmark {
    /// What was measured of one kind of extension.
    struct Registrations {
        let kind: String
        let calls: LatencyRecord
        /// In the order in which they come.
        let stages: [(name: String, times: LatencyRecord)]

        func stage(_ name: String) -> LatencyRecord {
            stages.first { $0.name == name }?.times ?? LatencyRecord()
        }
    }

    private static let callers = 64
    private static let manifests = 200
    private let executable: String
    let scale: Double

    package init(executable: String, scale: Double) {
        self.executable = executable
        self.scale = scale
    }

    package func run(report tell: @escaping (String) -> Void) async throws -> JSONValue {
        let folder = try BenchmarkFolder(executable: executable)
        let server = try ServerUnderTest(executable: executable, dataDirectory: folder.path + "/data")
        defer { server.stop() }
        var report = BenchmarkReport(tell)
        let (bases, others) = (max(1, Int(3000 * scale)), max(1, Int(1500 * scale)))
        let capabilities = JSONValue.array((0..<10).map { .string("capability_\($0)") })
        let dependencies = JSONObject(
            members: (0..<min(25, bases)).map { .init(name: "simple-\($0)", value: "^1.0") }
        )
        let kinds: [(name: String, count: Int, more: [JSONObject.Member])] = [
            ("simple", bases, []),
            ("type-ai", others, [.init(name: "type", value: "ai")]),
            ("capabilities-10", others, [.init(name: "capabilities", value: capabilities)]),
            ("dependencies-25", others, [.init(name: "dependencies", value: .object(dependencies))]),
        ]
        var measured: [Registrations] = []
        for kind in kinds {
            let registrations = try (0..<kind.count)
                .map { number in
                    let extensionFolder = try folder.writeExtension("\(kind.name)-\(number)", adding: kind.more)
                    return BenchmarkFolder.registration(extensionFolder, activate: false)
                }
            let load = try server.load(registrations, expecting: #""state":"registered""#)
            let calls = try load.runAll(callers: Self.callers)
            report.add("register, \(kind.name)", callers: Self.callers, calls)
            let stages = try await stages(kind.name, server)
            measured.append(Registrations(kind: kind.name, calls: calls, stages: stages))
        }
        for kind in measured {
            for stage in kind.stages { report.add(fact: "\(kind.kind), \(stage.name)", stage.times.mean, "ms") }
        }
        let discovery = try discovery(folder, server)
        report.add(fact: "discover \(Self.manifests) manifests", discovery.percentiles([0.5])[0], "ms")
        for (name, nanoseconds) in try lookups() { report.add(fact: name, nanoseconds / 1000, "µs") }
        report.add(Self.targets(measured))
        return report.json(suite: "registry")
    }

    /// What each stage took, by what the extensions themselves tell.
    private func stages(_ kind: String, _ server: ServerUnderTest) async throws -> [(String, LatencyRecord)] {
        let found = try await server.withClient { try await $0.extensions(matching: [("q", kind)]) }
        var stages: [(name: String, times: LatencyRecord)] = []
        for item in found.items {
            for stage in item.json["stages"]?.array ?? [] {
                guard let name = stage["name"]?.string, let text = stage["ms"]?.text, let time = Double(text) else {
                    continue
                }
                let index = stages.firstIndex { $0.name == name } ?? stages.endIndex
                if index == stages.endIndex { stages.append((name, LatencyRecord())) }
                let nanoseconds = UInt64(time * 1e6)
                stages[index].times.add(nanoseconds)
                // One after the other.
                stages[index].times.elapsed += nanoseconds
            }
        }
        return stages
    }

    /// `heddle ext discover` from its start to its end, in a folder with manifests.
    private func discovery(_ folder: BenchmarkFolder, _ server: ServerUnderTest) throws -> LatencyRecord {
        for number in 0..<Self.manifests { _ = try folder.writeExtension("found-\(number)", in: "discovery") }
        var record = LatencyRecord()
        for _ in 0..<3 {
            let start = MonotonicClock.now
            let process = try PlainProcess([
                executable, "ext", "discover", folder.path + "/discovery", "--server", server.address, "--data-dir",
                folder.path + "/data",
            ])
            let lines = process.readToEnd().count { $0 == UInt8(ascii: "\n") }
            guard process.wait() == 0, lines == Self.manifests + 1 else {
                throw HeddleError(.internalError, "'ext discover' did not find the \(Self.manifests) manifests")
            }
            record.add(MonotonicClock.now - start)
        }
        return record
    }
}
