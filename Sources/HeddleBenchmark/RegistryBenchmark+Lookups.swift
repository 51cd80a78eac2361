import HeddleExtensions
import HeddleModel

extension RegistryBenchmark {
    /// Look-ups in a registry of many extensions, in nanoseconds each.
    func lookups() throws -> [(String, Double)] {
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
