package import HeddleModel
import JSON
import Synchronization

extension ExtensionService {
    /// Asks a manifest to go together with this host and with the other extensions.
    ///
    /// - Throws: ``HeddleError`` with `sandboxUnavailable`, `incompatible`, `dependencyUnsatisfied` or `dependencyCycle`.
    package func check(_ manifest: Manifest) throws(HeddleError) {
        try check(manifest, RegistryChanges(), StageTimes())
    }

    /// Asks the same of an extension that comes and whose name is reserved, and keeps its place beside the others.
    ///
    /// Of two that come at the same time and exclude each other, the second one is refused, whatever becomes of the first.
    ///
    /// - Throws: what ``check(_:)`` throws.
    func takePlace(_ manifest: Manifest, _ stages: StageTimes = StageTimes()) throws(HeddleError) {
        let isReplacing = registry.snapshot.entry(manifest.name.rawValue) != nil
        let comer = ComingExtension(manifest, isReplacing: isReplacing)
        try reservations.withLock { state throws(HeddleError) in
            let changes = stages.time("dependencies") { state.changes(around: comer) }
            try check(manifest, changes, stages)
            state.decide(manifest.name, .comes(comer))
        }
    }

    /// Asks that nobody needs an extension that goes and whose name is reserved, and lets nobody need it from here on.
    ///
    /// - Throws: ``HeddleError`` with `dependencyUnsatisfied`.
    func takeLeave(of name: ExtensionName) throws(HeddleError) {
        try reservations.withLock { state throws(HeddleError) in
            if registry.hasDependants(name) {
                try DependencyGraph(registry.snapshot.all.map(\.graphMember)).checkRemoval(of: [name])
            }
            try DependencyGraph(state.coming(naming: name).map(\.member)).checkRemoval(of: [name])
            state.decide(name, .goes)
        }
    }

    private func check(
        _ manifest: Manifest,
        _ changes: RegistryChanges,
        _ stages: StageTimes
    ) throws(HeddleError) {
        do {
            try stages.time("dependencies") {
                try checkDependencies(of: manifest)
                try checkDependencies(of: manifest, after: changes)
            }
            try stages.time("compatibility") { try checkCompatibility(of: manifest, changes) }
        } catch let error as HeddleError {
            throw error
        } catch {
            throw HeddleError(.internalError, "a check failed", cause: error)
        }
    }

    /// Looks at no more of the registry than the answer needs, since most extensions stand alone.
    private func checkDependencies(of manifest: Manifest) throws(HeddleError) {
        guard !manifest.dependencies.isEmpty || registry.hasDependants(manifest.name) else { return }
        let others = members(around: manifest, isNamed: registry.hasDependants(manifest.name))
        try DependencyGraph(others).check(manifest.graphMember)
    }

    /// What is about to come or go can break what is there by then, and the other way round.
    private func checkDependencies(of manifest: Manifest, after changes: RegistryChanges) throws(HeddleError) {
        guard !changes.isEmpty else { return }
        let isNamed = registry.hasDependants(manifest.name) || changes.coming.contains { $0.names(manifest.name) }
        let staying = members(around: manifest, isNamed: isNamed).filter { !changes.going.contains($0.name) }
        // What is not there yet satisfies nobody, as the check before this one has seen.
        try DependencyGraph(staying + changes.coming.map(\.member)).check(manifest.graphMember)
    }

    /// The extensions that can have to do with one: only what others name can close a circle or break somebody.
    private func members(around manifest: Manifest, isNamed: Bool) -> [DependencyGraph.Member] {
        let snapshot = registry.snapshot
        guard !isNamed else { return snapshot.all.map(\.graphMember) }
        return snapshot.entries(manifest.dependencies.map(\.name.rawValue)).compactMap { $0?.graphMember }
    }

    private func checkCompatibility(of manifest: Manifest, _ changes: RegistryChanges) throws(HeddleError) {
        let level = manifest.recorded["sandbox"]?["level"]?.string ?? "process"
        guard level == "process" else {
            throw HeddleError(
                .sandboxUnavailable,
                "'\(manifest.name)' asks for a sandbox of the level '\(level)', which is not to be had here",
                details: ["level": level]
            )
        }
        var problems: [String] = []
        if let version = try? SemanticVersion(HeddleVersion.current) {
            problems = manifest.compatibility.problems(version: version)
        }
        problems += conflicts(of: manifest, changes)
        guard problems.isEmpty else {
            throw HeddleError(
                .incompatible,
                "'\(manifest.name)' does not fit here: \(problems.joined(separator: "; "))",
                details: ["problems": problems.joined(separator: "\n")]
            )
        }
    }

    private func conflicts(of manifest: Manifest, _ changes: RegistryChanges) -> [String] {
        let snapshot = registry.snapshot
        let declared = manifest.compatibility.conflicts
        let own = declared.filter { snapshot.entry($0.rawValue) != nil }
        let others = registry.conflicting(with: manifest.name).filter { $0 != manifest.name && !own.contains($0) }
        let coming = changes.coming
            .filter { declared.contains($0.member.name) || $0.conflicts.contains(manifest.name) }
            .map(\.member.name).filter { !own.contains($0) && !others.contains($0) }
        return (own + others).map { "it cannot be beside '\($0)'" }
            + coming.map { "it cannot be beside '\($0)', which comes at this moment" }
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
}

extension Manifest {
    /// What it says of others.
    var graphMember: DependencyGraph.Member {
        DependencyGraph.Member(name: name, version: version, dependencies: dependencies)
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
