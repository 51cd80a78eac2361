import HeddleClient
import HeddleExtensions
import HeddleModel
package import JSON

/// `heddle benchmark registry`: durable registrations over REST, and look-ups in memory.
package struct RegistryBenchmark: Benchmark {
    private static let callers = 64
    private let executable: String
    private let scale: Double

    package init(executable: String, scale: Double) {
        self.executable = executable
        self.scale = scale
    }

    package func run(report tell: @escaping (String) -> Void) async throws -> JSONValue {
        let folder = try BenchmarkFolder(executable: executable)
        let server = try ServerUnderTest(executable: executable, dataDirectory: folder.path + "/data")
        defer { server.stop() }
        var report = BenchmarkReport(tell)
        let bases = try count(3000)
        let capabilities = JSONValue.array((0..<10).map { .string("capability_\($0)") })
        let dependencies = JSONObject(
            members: (0..<min(25, bases)).map { .init(name: "simple-\($0)", value: "^1.0") }
        )
        let kinds: [(name: String, count: Int, more: [JSONObject.Member])] = [
            ("simple", bases, []),
            ("capabilities-10", try count(1500), [.init(name: "capabilities", value: capabilities)]),
            ("dependencies-25", try count(1500), [.init(name: "dependencies", value: .object(dependencies))]),
        ]
        var stages: [(String, [(String, Double)])] = []
        for kind in kinds {
            let registrations = try (0..<kind.count)
                .map { number in
                    let extensionFolder = try folder.writeExtension("\(kind.name)-\(number)", adding: kind.more)
                    return BenchmarkFolder.registration(extensionFolder, activate: false)
                }
            let load = try server.load(registrations, expecting: #""state":"registered""#)
            report.add("register, \(kind.name)", callers: Self.callers, try load.runAll(callers: Self.callers))
            stages.append((kind.name, try await means(kind.name, server)))
        }
        for (kind, means) in stages {
            for (stage, milliseconds) in means { report.add(fact: "\(kind), \(stage)", milliseconds, "ms") }
        }
        for (name, nanoseconds) in try lookups() { report.add(fact: name, nanoseconds / 1000, "µs") }
        return report.json(suite: "registry")
    }

    private func count(_ number: Int) throws -> Int { max(1, Int(Double(number) * scale)) }

    /// What each stage took on average, by what the extensions themselves tell.
    private func means(_ kind: String, _ server: ServerUnderTest) async throws -> [(String, Double)] {
        let found = try await server.withClient { try await $0.extensions(matching: [("q", kind)]) }
        var (names, sums): ([String], [String: Double]) = ([], [:])
        for item in found.items {
            for stage in item.json["stages"]?.array ?? [] {
                guard let name = stage["name"]?.string, let text = stage["ms"]?.text, let time = Double(text) else {
                    continue
                }
                if sums[name] == nil { names.append(name) }
                sums[name, default: 0] += time
            }
        }
        return names.map { ($0, sums[$0, default: 0] / Double(max(1, found.items.count))) }
    }

    /// Look-ups in a registry of many extensions, in nanoseconds each.
    private func lookups() throws -> [(String, Double)] {
        let count = max(100, Int(100_000 * min(1, scale)))
        let registry = ExtensionRegistry()
        let clock = SystemWallClock()
        var entries: [(RegisteredExtension, InstancePool)] = []
        for number in 0..<count {
            let name = try ExtensionName("extension-\(number)")
            var manifest = Manifest(
                name: name,
                version: SemanticVersion(major: 1, minor: 0, patch: 0),
                runtime: Manifest.Runtime(command: ["/bin/true"])
            )
            manifest.capabilities = [Manifest.Capability(id: "capability_\(number % 100)")]
            let entry = RegisteredExtension(
                name: name,
                manifest: manifest,
                source: .command(["/bin/true"], directory: nil),
                grants: Grants(),
                userID: UInt32(number),
                createdAt: clock.now
            )
            entries.append((entry, .inert(name, clock: clock)))
        }
        registry.add(entries)
        let names = (0..<1000).map { "extension-\(($0 * 7919) % count)" }
        func time(_ rounds: Int, _ body: (Int) -> Bool) throws -> Double {
            var misses = 0
            let start = MonotonicClock.now
            for round in 0..<rounds where !body(round) { misses += 1 }
            let elapsed = Double(MonotonicClock.now - start)
            guard misses == 0 else { throw HeddleError(.internalError, "a look-up found nothing") }
            return elapsed / Double(rounds)
        }
        let suffix = "among \(count)"
        return [
            ("look-up by name \(suffix)", try time(1_000_000) { registry.snapshot.entry(names[$0 % 1000]) != nil }),
            (
                "batch of 100 in order \(suffix)",
                try time(10_000) { _ in
                    registry.snapshot.entries(Array(names.prefix(100))).allSatisfy { $0 != nil }
                }
            ),
            (
                "find a capability \(suffix)",
                try time(20) { round in
                    !registry.snapshot.find(RegistryQuery(capability: "capability_\(round)")).isEmpty
                }
            ),
            (
                "one change \(suffix)",
                try time(1000) { round in
                    registry.add([entries[round % count]])
                    return true
                }
            ),
        ]
    }
}
