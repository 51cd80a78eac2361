package import HeddleModel
import HeddleStore

extension ExtensionService {
    // A change with `ifRevision` is refused with `versionConflict` when the extension was changed since.

    /// Puts up the capabilities of an extension that has none up; tries it first when it never ran.
    ///
    /// What it needs and is not active is activated before it.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound`, `invalidStateTransition`, `dependencyUnsatisfied`, or what the trial
    ///   throws.
    package func activate(
        _ caller: Caller,
        _ name: ExtensionName,
        ifRevision revision: Int? = nil
    ) async throws -> RegisteredExtension {
        for needed in try activationOrder(of: name) where needed != name {
            _ = try await activateAlone(caller, needed, ifRevision: nil)
        }
        return try await activateAlone(caller, name, ifRevision: revision)
    }

    private func activateAlone(
        _ caller: Caller,
        _ name: ExtensionName,
        ifRevision revision: Int?
    ) async throws -> RegisteredExtension {
        try await withReservation(of: name) { [self] in
            let known = try entry(name, ifRevision: revision)
            var changed = known.registered
            if changed.revision == nil { try await tryOut(&changed, tenant: caller.tenant, log: known.pool.log) }
            try await hooks.run(.preActivate, of: changed, tenant: caller.tenant, log: known.pool.log)
            changed.state = try changed.state.transition(to: .activating).transition(to: .active)
            changed = try await save(changed, caller.tenant)
            known.pool.reopen()
            registry.replace(changed, of: known.pool)
            try await hooks.run(.postActivate, of: changed, tenant: caller.tenant, log: known.pool.log)
            return changed
        }
    }

    /// Takes down the capabilities of an extension and stops its processes.
    ///
    /// - Parameters:
    ///   - caller: Who asks.
    ///   - name: The extension.
    ///   - isCascading: Whether active extensions that need it are deactivated before it.
    ///   - revision: The revision that is meant; nil for any.
    /// - Returns: The extension as it is now.
    /// - Throws: ``HeddleError`` with `extensionNotFound` or `invalidStateTransition`, or with `dependencyUnsatisfied` when
    ///   others need it and it does not cascade.
    package func deactivate(
        _ caller: Caller,
        _ name: ExtensionName,
        isCascading: Bool = false,
        ifRevision revision: Int? = nil
    ) async throws -> RegisteredExtension {
        for dependant in try deactivationOrder(of: name, isCascading: isCascading) where dependant != name {
            _ = try await deactivateAlone(caller, dependant, ifRevision: nil)
        }
        return try await deactivateAlone(caller, name, ifRevision: revision)
    }

    private func deactivateAlone(
        _ caller: Caller,
        _ name: ExtensionName,
        ifRevision revision: Int?
    ) async throws -> RegisteredExtension {
        try await withReservation(of: name) { [self] in
            let known = try entry(name, ifRevision: revision)
            var changed = known.registered
            changed.state = try changed.state.transition(to: .deactivating).transition(to: .inactive)
            try await hooks.run(.preDeactivate, of: changed, tenant: caller.tenant, log: known.pool.log)
            changed = try await save(changed, caller.tenant)
            registry.replace(changed, of: known.pool)
            await known.pool.close()
            await closeDraining(name)
            try await hooks.run(.postDeactivate, of: changed, tenant: caller.tenant, log: known.pool.log)
            return changed
        }
    }
}
