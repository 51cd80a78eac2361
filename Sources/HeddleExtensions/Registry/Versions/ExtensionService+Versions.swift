package import HeddleModel
import HeddleStore
import JSON
import Logging

/// Upgrades, rollbacks and what waits to be accepted.
///
/// The old version serves until the new one has started, and ends the calls that it began. The exchange is one
/// transaction: a crash at any moment leaves the old version or the new one.
extension ExtensionService {
    /// Versions that are kept to go back to, besides the current one.
    static let keptVersions = 3

    /// Puts a newer version in the place of the current one, or parks it when it asks for more or offers other tools.
    ///
    /// - Returns: The extension as it is now, with the parked version if there is one; unchanged when nothing is newer.
    /// - Throws: ``HeddleError`` with `extensionNotFound`, `versionConflict`, `invalidVersion` for an older version, or what
    ///   resolving, installing and the trial throw; the current version goes on unchanged then.
    package func upgrade(
        _ caller: Caller,
        _ name: ExtensionName,
        _ request: UpgradeRequest,
        ifRevision revision: Int? = nil
    ) async throws -> RegisteredExtension {
        // The current version can be stopped or removed while the next one is fetched.
        let before = try entry(name, ifRevision: revision).registered
        let stages = StageTimes()
        let plan = try await installation.plan(request.registration(after: before), stages)
        let installed: Installation.Installed
        do {
            installed = try await installation.install(plan, userID: before.userID, stages)
        } catch {
            installation.discard(plan)
            throw error
        }
        do {
            return try await withReservation(of: name) { [self] in
                let current = try entry(name).registered
                guard current.generation == before.generation, current.createdAt == before.createdAt else {
                    throw HeddleError(.versionConflict, "'\(name)' got another version meanwhile")
                }
                return try await upgrade(current, plan, installed, request, caller.tenant, stages)
            }
        } catch {
            installation.discard(installed)
            throw error
        }
    }

    private func upgrade(
        _ current: RegisteredExtension,
        _ plan: Installation.Plan,
        _ installed: Installation.Installed,
        _ request: UpgradeRequest,
        _ tenant: TenantID,
        _ stages: StageTimes
    ) async throws -> RegisteredExtension {
        let next = try await successor(of: current, plan, installed, tenant)
        guard request.isForced || next.isDifferent(from: current) else {
            installation.discard(installed)
            return current
        }
        guard request.allowsDowngrade || next.manifest.version >= current.manifest.version else {
            throw HeddleError(
                .invalidVersion,
                "\(next.manifest.version) is older than \(current.manifest.version), which runs; "
                    + "allow a downgrade, or go back with a rollback",
                details: ["version": next.manifest.version.description]
            )
        }
        try takePlace(next.manifest, stages)
        let isAccepted = request.acceptsChanges
        return try await offer(next, permissions: isAccepted, tools: isAccepted, tenant, stages)
    }

    private func successor(
        of current: RegisteredExtension,
        _ plan: Installation.Plan,
        _ installed: Installation.Installed,
        _ tenant: TenantID
    ) async throws -> RegisteredExtension {
        let last = try await store.read { [repository] tx in
            try repository.lastGeneration(of: current.name, tenant: tenant, tx)
        }
        var next = RegisteredExtension(
            name: current.name,
            generation: last + 1,
            predecessor: current.generation,
            manifest: installed.manifest,
            source: plan.source,
            grants: plan.grants,
            choices: plan.choices,
            configuration: plan.configuration,
            userID: current.userID,
            createdAt: clock.now
        )
        next.resolved = installed.resolved
        next.signature = plan.signature.sentence
        return next
    }

    /// Tries a version and puts it up, as far as its new permissions and its tools were accepted.
    private func offer(
        _ version: RegisteredExtension,
        permissions arePermissionsAccepted: Bool,
        tools areToolsAccepted: Bool,
        _ tenant: TenantID,
        _ stages: StageTimes
    ) async throws -> RegisteredExtension {
        var next = version
        let known = try entry(next.name)
        let current = known.registered
        next.stages = stages.value
        // What asks for more does not run with it before somebody agreed.
        guard arePermissionsAccepted || current.permissionsMissing(for: next).isEmpty else {
            return try await park(next, tenant)
        }
        if next.revision == nil {
            try await tryOut(&next, tenant: tenant, log: known.pool.log, stages)
            next.stages = stages.value
        }
        let changes = ToolComparison.changes(accepted: current.tools, offered: next.tools)
        guard areToolsAccepted || current.revision == nil || changes.allSatisfy({ $0.offered == nil }) else {
            return try await park(next, tenant)
        }
        return try await putUp(next, tenant, stages)
    }

    private func park(_ next: RegisteredExtension, _ tenant: TenantID) async throws -> RegisteredExtension {
        let parked = try await changing(next.name) { [store, repository] current in
            let before = current
            try await store.write { tx in try repository.park(next, after: before, tenant: tenant, tx) }
        } publishing: { current in
            current.pending = PendingVersion(next, after: current)
        }
        if let replaced = parked.before.pending?.entry, replaced.generation != next.generation {
            installation.discard(replaced)
        }
        logger.warning(
            "Held a new version",
            metadata: ["extension": "\(next.name)", "version": "\(next.manifest.version)"]
        )
        return parked.after
    }

    /// Writes a change of the current version that nobody else may make meanwhile, and publishes it.
    private func changing(
        _ name: ExtensionName,
        _ write: (RegisteredExtension) async throws -> Void,
        publishing: (inout RegisteredExtension) -> Void
    ) async throws -> (before: RegisteredExtension, after: RegisteredExtension) {
        var tries = 0
        while true {
            let known = try entry(name)
            var changed = known.registered
            changed.edits += 1
            changed.updatedAt = clock.now
            do {
                try await write(changed)
            } catch let error as HeddleError where error.code == .versionConflict && tries < 8 {
                // Its tools were compared at the same time; that is published in a moment.
                tries += 1
                try await Task.sleep(for: .milliseconds(20))
                continue
            }
            publishing(&changed)
            registry.replace(changed, of: known.pool)
            return (known.registered, changed)
        }
    }

    /// Starts a version that was tried, exchanges it for the current one, and lets that end its calls.
    ///
    /// A version that was there before has no `stages` to be noted.
    private func putUp(
        _ version: RegisteredExtension,
        _ tenant: TenantID,
        _ stages: StageTimes? = nil
    ) async throws -> RegisteredExtension {
        let first = try entry(version.name)
        var next = version
        if first.registered.state == .active {
            next.state = try next.state.transition(to: .activating).transition(to: .active)
            try await hooks.run(.preActivate, of: next, tenant: tenant, log: first.pool.log)
        }
        let pool = makePool(next, log: first.pool.log)
        do {
            // Whoever calls right after the exchange does not wait for a start.
            if next.state == .active, !first.pool.instances.isEmpty {
                pool.release(try await pool.acquire(), .success)
            }
            next = try await exchange(next, pool, tenant, stages)
        } catch {
            await pool.close()
            throw error
        }
        relistNow(pool, of: next, tenant)
        if next.state == .active { try? await hooks.run(.postActivate, of: next, tenant: tenant, log: pool.log) }
        await prune(next.name, tenant)
        return next
    }

    /// Exchanges the rows and then the pools; the old one ends its calls.
    private func exchange(
        _ version: RegisteredExtension,
        _ pool: InstancePool,
        _ tenant: TenantID,
        _ stages: StageTimes?
    ) async throws -> RegisteredExtension {
        var tries = 0
        while true {
            let known = try entry(version.name)
            let parked = known.registered.pending.map(\.entry)
                .flatMap { $0.generation == version.generation ? nil : $0 }
            var (old, next) = (known.registered, version)
            if old.state == .active {
                old.state = try old.state.transition(to: .deactivating).transition(to: .inactive)
            }
            old.edits += 1
            old.updatedAt = clock.now
            old.pending = nil
            next.edits = old.edits + 1
            next.updatedAt = old.updatedAt
            let (before, after) = (old, next)
            do {
                try await (stages ?? StageTimes())
                    .time("persist") {
                        try await store.write { [repository] tx in
                            try repository.exchange(before, for: after, dropping: parked, tenant: tenant, tx)
                        }
                    }
            } catch let error as HeddleError where error.code == .versionConflict && tries < 8 {
                // Its tools were compared at the same time; that is published in a moment.
                tries += 1
                try await Task.sleep(for: .milliseconds(20))
                continue
            }
            if let stages { next.stages = stages.value }
            registry.exchange(next, pool, for: known.pool)
            drain(known.pool, of: known.registered)
            if let parked { installation.discard(parked) }
            logger.info(
                "Exchanged a version",
                metadata: [
                    "extension": "\(next.name)", "from": "\(old.manifest.version)", "to": "\(next.manifest.version)",
                ]
            )
            return next
        }
    }

    /// Accepts the version that waits, or the tools that replaced the accepted ones.
    ///
    /// A version whose new permissions are accepted is tried first, and waits again when its tools changed too.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound`, `invalidStateTransition` when nothing waits, or what the trial
    ///   throws; the version waits on then.
    package func accept(
        _ caller: Caller,
        _ name: ExtensionName,
        ifRevision revision: Int? = nil
    ) async throws -> RegisteredExtension {
        try await withReservation(of: name) { [self] in
            let known = try entry(name, ifRevision: revision)
            guard let pending = known.registered.pending else { return try await acceptTools(known, caller.tenant) }
            try takePlace(pending.entry.manifest)
            // Its tools were looked at if it ran before it was parked.
            return try await offer(
                pending.entry,
                permissions: true,
                tools: pending.wasTried,
                caller.tenant,
                StageTimes(continuing: pending.entry.stages)
            )
        }
    }

    /// Removes the version that waits to be accepted.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound`, or `invalidStateTransition` when none waits.
    package func discardPending(
        _ caller: Caller,
        _ name: ExtensionName,
        ifRevision revision: Int? = nil
    ) async throws -> RegisteredExtension {
        try await withReservation(of: name) { [self] in
            guard let parked = try entry(name, ifRevision: revision).registered.pending?.entry else {
                throw HeddleError(.invalidStateTransition, "no version of '\(name)' waits to be accepted")
            }
            let changed = try await changing(name) { [store, repository] current in
                try await store.write { tx in
                    try repository.unpark(current, tenant: caller.tenant, tx)
                    try repository.deleteVersion(parked, tenant: caller.tenant, tx)
                }
            } publishing: { current in
                current.pending = nil
            }
            installation.discard(parked)
            return changed.after
        }
    }

    /// Goes back to a version that ran before; what is accepted of it stays accepted.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound`, `invalidStateTransition` when there is no such version or its
    ///   files are another version's now, or what the start throws; the current version goes on unchanged then.
    package func rollback(
        _ caller: Caller,
        _ name: ExtensionName,
        to generation: Int? = nil,
        ifRevision revision: Int? = nil
    ) async throws -> RegisteredExtension {
        try await withReservation(of: name) { [self] in
            let current = try entry(name, ifRevision: revision).registered
            let pending = current.pending?.entry.generation
            let older = try await versions(of: name, caller.tenant)
                .filter { $0.generation != current.generation && $0.generation != pending }
            let wanted = generation ?? current.predecessor
            guard var target = older.first(where: { $0.generation == wanted }) else {
                throw HeddleError(
                    .invalidStateTransition,
                    generation.map { "'\(name)' has no version \($0) to go back to" }
                        ?? "'\(name)' has no version before \(current.manifest.version) to go back to",
                    details: ["name": name.rawValue]
                )
            }
            if case .directory(let folder) = target.source {
                let now = try ManifestFile.read(directory: folder)
                guard now.version == target.manifest.version else {
                    throw HeddleError(
                        .invalidStateTransition,
                        "the folder of '\(name)' \(target.manifest.version) holds version \(now.version) now",
                        details: ["version": now.version.description]
                    )
                }
            }
            // It ran before: only what `installed` may become is asked of it.
            target.state = target.revision == nil ? .registered : .installed
            target.heldTools = nil
            try takePlace(target.manifest)
            let log = try entry(name).pool.log
            if target.revision == nil { try await tryOut(&target, tenant: caller.tenant, log: log) }
            return try await putUp(target, caller.tenant)
        }
    }

    /// The versions of an extension that are there, in the order in which they came.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound`, or what the store throws.
    package func versions(_ caller: Caller, _ name: ExtensionName) async throws -> [RegisteredExtension] {
        _ = try entry(name)
        return try await versions(of: name, caller.tenant)
    }

    func versions(of name: ExtensionName, _ tenant: TenantID) async throws -> [RegisteredExtension] {
        let base = configuration.userBase
        return try await store.read { [repository] tx in
            try repository.versions(of: name, tenant: tenant, userBase: base, tx)
        }
    }

    // MARK: What is left of old versions

    private func forget(_ version: RegisteredExtension, _ tenant: TenantID) async throws {
        try await store.write { [repository] tx in try repository.deleteVersion(version, tenant: tenant, tx) }
        installation.discard(version)
    }

    /// Removes the oldest versions beyond those that are kept.
    private func prune(_ name: ExtensionName, _ tenant: TenantID) async {
        do {
            let current = try entry(name).registered
            let busy = drainingGenerations(of: name)
            let kept = [current.generation, current.pending?.entry.generation, current.predecessor]
            let old = try await versions(of: name, tenant).filter { !kept.contains($0.generation) }
            for version in old.dropLast(Self.keptVersions) where !busy.contains(version.generation) {
                try await forget(version, tenant)
            }
        } catch {
            // The next exchange tries again.
            logger.warning("Cannot remove old versions", metadata: ["extension": "\(name)", "error": "\(error)"])
        }
    }
}

extension RegisteredExtension {
    /// Whether putting up this version would change anything.
    fileprivate func isDifferent(from current: RegisteredExtension) -> Bool {
        // What is in a folder of somebody else's may have changed without its manifest.
        if case .directory = source { return true }
        // The command of an installation names its folder, which is always another.
        func content(_ manifest: Manifest) -> JSONValue {
            guard source.hasOwnFolder, var object = manifest.value.object else { return manifest.value }
            object["runtime"] = nil
            return .object(object)
        }
        return content(manifest) != content(current.manifest) || source != current.source || grants != current.grants
            || configuration != current.configuration
    }
}
