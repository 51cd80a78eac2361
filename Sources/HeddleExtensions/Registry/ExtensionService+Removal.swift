package import HeddleModel
import HeddleStore
import Logging
import Synchronization

extension ExtensionService {
    /// Removes an extension, its processes, its files and its data, also when what is stored of it cannot be read.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound`, or `dependencyUnsatisfied` when others need it.
    package func remove(
        _ caller: Caller,
        _ name: ExtensionName,
        ifRevision revision: Int? = nil
    ) async throws {
        try await withReservation(of: name) { [self] in
            if registry.snapshot.entry(name.rawValue) == nil,
                let userID = reservations.withLock({ $0.unreadable[name.rawValue] })
            {
                return try await removeUnreadable(name, userID: userID, ifRevision: revision, caller.tenant)
            }
            let known = try entry(name, ifRevision: revision)
            _ = try known.registered.state.transition(to: .uninstalling)
            try takeLeave(of: name)
            let hasRun = known.registered.revision != nil
            if hasRun {
                try await hooks.run(.preUninstall, of: known.registered, tenant: caller.tenant, log: known.pool.log)
            }
            // Nobody gets its user before its last process and file are gone.
            let userID = known.registered.userID
            _ = reservations.withLock { $0.users.insert(userID) }
            defer { reservations.withLock { _ = $0.users.remove(userID) } }
            let versions = try await versions(of: name, caller.tenant)
            try await store.write { [repository] tx in
                try repository.delete(name, tenant: caller.tenant, tx)
            }
            registry.remove(name)
            // With it went what could not be read of it.
            _ = reservations.withLock { $0.unreadable.removeValue(forKey: name.rawValue) }
            await known.pool.close()
            await closeDraining(name)
            statistics.remove(name)
            if hasRun {
                try? await hooks.run(.postUninstall, of: known.registered, tenant: caller.tenant, log: known.pool.log)
            }
            for version in versions { installation.discard(version) }
            launcher.removeData(of: name.rawValue, tenant: caller.tenant)
            // Should this fail, the next start does it.
            try? await forgetRemains(of: name.rawValue, caller.tenant)
        }
    }

    /// Removes what is stored under a name and cannot be read: its rows, its data, and then its user is free.
    ///
    /// Nothing of it runs, and whoever needs it is without it already. Packages that only an unreadable row names go when the
    /// server starts the next time.
    private func removeUnreadable(
        _ name: ExtensionName,
        userID: UInt32,
        ifRevision revision: Int?,
        _ tenant: TenantID
    ) async throws {
        guard revision == nil else {
            throw HeddleError(
                .versionConflict,
                "what is stored of '\(name)' cannot be read, and neither can its revision",
                details: ["name": name.rawValue]
            )
        }
        let versions = try await versions(of: name, tenant)
        try await store.write { [repository] tx in try repository.delete(name, tenant: tenant, tx) }
        for version in versions { installation.discard(version) }
        launcher.removeData(of: name.rawValue, tenant: tenant)
        // Should this fail, the next start does it.
        try? await forgetRemains(of: name.rawValue, tenant)
        reservations.withLock { state in
            state.unreadable[name.rawValue] = nil
            state.users.remove(userID)
        }
        logger.info("Removed an extension that could not be read", metadata: ["extension": "\(name)"])
    }
}
