package import HeddleModel
import JSON

extension ExtensionService {
    /// Asks a manifest to go together with this host and with the other extensions.
    ///
    /// - Throws: ``HeddleError`` with `sandboxUnavailable`, `incompatible`, `dependencyUnsatisfied` or `dependencyCycle`.
    package func check(_ manifest: Manifest, _ stages: StageTimes = StageTimes()) throws(HeddleError) {
        do {
            try stages.time("dependencies") { try checkDependencies(of: manifest) }
            try stages.time("compatibility") { try checkCompatibility(of: manifest) }
        } catch let error as HeddleError {
            throw error
        } catch {
            throw HeddleError(.internalError, "a check failed", cause: error)
        }
    }

    /// Looks at no more of the registry than the answer needs, since most extensions stand alone.
    private func checkDependencies(of manifest: Manifest) throws(HeddleError) {
        let snapshot = registry.snapshot
        guard !manifest.dependencies.isEmpty || registry.hasDependants(manifest.name) else { return }
        let candidate = DependencyGraph.Member(
            name: manifest.name,
            version: manifest.version,
            dependencies: manifest.dependencies
        )
        // Only what others name already can close a circle or break somebody.
        let others =
            registry.hasDependants(manifest.name)
            ? snapshot.all.map(\.graphMember)
            : snapshot.entries(manifest.dependencies.map(\.name.rawValue)).compactMap { $0?.graphMember }
        try DependencyGraph(others).check(candidate)
    }

    private func checkCompatibility(of manifest: Manifest) throws(HeddleError) {
        let level = manifest.recorded["sandbox"]?["level"]?.string ?? "process"
        guard level == "process" else {
            throw HeddleError(
                .sandboxUnavailable,
                "'\(manifest.name)' asks for a sandbox of the level '\(level)', which is not to be had here",
                details: ["level": level]
            )
        }
        guard manifest.recorded["isolation"]?.string != "session" else {
            throw HeddleError(
                .sandboxUnavailable,
                "'\(manifest.name)' asks for a process for each session, which is not to be had here",
                details: ["isolation": "session"]
            )
        }
        var problems: [String] = []
        if let version = try? SemanticVersion(HeddleVersion.current) {
            problems = manifest.compatibility.problems(version: version)
        }
        problems += conflicts(of: manifest)
        guard problems.isEmpty else {
            throw HeddleError(
                .incompatible,
                "'\(manifest.name)' does not fit here: \(problems.joined(separator: "; "))",
                details: ["problems": problems.joined(separator: "\n")]
            )
        }
    }

    private func conflicts(of manifest: Manifest) -> [String] {
        let snapshot = registry.snapshot
        let own = manifest.compatibility.conflicts.filter { snapshot.entry($0.rawValue) != nil }
        let others = registry.conflicting(with: manifest.name).filter { $0 != manifest.name && !own.contains($0) }
        return (own + others).map { "it cannot be beside '\($0)'" }
    }

    /// What has to be activated so that an extension runs, itself last.
    func activationOrder(of name: ExtensionName) throws(HeddleError) -> [ExtensionName] {
        guard let entry = registry.snapshot.entry(name.rawValue), !entry.registered.manifest.dependencies.isEmpty else {
            return [name]
        }
        return try DependencyGraph(registry.snapshot.all.map(\.graphMember)).activationOrder(of: [name])
    }

    /// What has to be deactivated with an extension, itself last.
    func deactivationOrder(of name: ExtensionName, isCascading: Bool) throws(HeddleError) -> [ExtensionName] {
        guard registry.hasDependants(name) else { return [name] }
        let order = DependencyGraph(registry.snapshot.all.map(\.graphMember)).deactivationOrder(of: name)
        let others = order.filter { $0 != name }
        guard isCascading || others.isEmpty else {
            let names = others.map(\.rawValue).joined(separator: ", ").clipped(400)
            throw HeddleError(
                .dependencyUnsatisfied,
                "\(names) would be without '\(name)'; deactivate them with it by cascading",
                details: ["name": name.rawValue, "dependants": names]
            )
        }
        return order
    }

    /// Asks that nobody needs an extension that goes.
    func checkRemoval(of name: ExtensionName) throws(HeddleError) {
        guard registry.hasDependants(name) else { return }
        try DependencyGraph(registry.snapshot.all.map(\.graphMember)).checkRemoval(of: [name])
    }
}

extension RegistryEntry {
    /// What its manifest says of others.
    var graphMember: DependencyGraph.Member {
        DependencyGraph.Member(
            name: registered.name,
            version: registered.manifest.version,
            isActive: registered.state == .active,
            dependencies: registered.manifest.dependencies
        )
    }
}
