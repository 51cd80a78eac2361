import HeddleModel

/// What a program has to show in its trial beyond starting and listing its tools.
enum SmokeCheck {
    /// Asks the tools that the manifest names to be there, and its health check to succeed.
    ///
    /// - Throws: ``HeddleError`` with `smokeCheckFailed`, or what the conversation throws.
    static func run(_ started: InstanceLauncher.Started, _ manifest: Manifest) async throws {
        let offered = Set(started.tools.map(\.name))
        let missing = manifest.capabilities.flatMap { capability in
            capability.tools.filter { !offered.contains($0) }.map { "'\($0)' of '\(capability.id)'" }
        }
        guard missing.isEmpty else {
            throw HealthProbe.failure(
                "does not offer what its manifest declares: \(missing.joined(separator: ", ").clipped(400))"
            )
        }
        guard let check = manifest.healthCheck, check.capability != nil else { return }
        try await HealthProbe.run(started.instance, check, started.tools)
    }
}
