import HeddleMCP
package import HeddleModel
import JSON
import Logging
import ServiceLifecycle
import Synchronization

extension ExtensionService {
    /// Makes the pool of a version; it starts nothing yet.
    func makePool(_ entry: RegisteredExtension, log: ExtensionLog? = nil) -> InstancePool {
        let log = log ?? ExtensionLog(clock: clock)
        let pool = InstancePool(
            name: entry.name,
            rules: PoolRules(entry),
            statistics: statistics,
            log: log,
            actions: InstancePool.Actions(
                start: { [weak self] pool, session in
                    guard let self else { throw HeddleError(.shuttingDown, "the server is stopping") }
                    return try await self.start(pool, of: entry, tenant: .local, session: session)
                },
                stop: { [configuration] instance in
                    await instance.stop(grace: configuration.stopGrace)
                    guard instance.wasKilledForMemory else { return }
                    let limit = entry.manifest.resources.memoryBytes >> 20
                    log.append(
                        "heddle",
                        instance: instance.id,
                        "it was ended for using more than \(limit) MB of memory"
                    )
                },
                toolsChanged: { [weak self] pool, instance in
                    guard instance.beginRelisting() else { return }
                    self?.relist(instance, pool, of: entry, .local)
                },
                changed: { [results] scope in results.forget(scope) },
                background: { [background] work in background.add(work) }
            )
        )
        if entry.state != .active { pool.markClosed() }
        return pool
    }

    /// Starts a process for a pool; `version` is what the pool was made for, and may be replaced or not put up yet.
    private func start(
        _ pool: InstancePool,
        of version: RegisteredExtension,
        tenant: TenantID,
        session: String?
    ) async throws -> ExtensionInstance {
        let entry = current(of: pool) ?? version
        let started = try await launcher.start(entry, tenant: tenant, session: session, log: pool.log) { id in
            MCPDelegate(
                log: { level, text in pool.log.append("log", instance: id, "[\(level)] \(text)") },
                toolsChanged: { [weak self] in self?.toolsChanged(pool, id, session, of: version, tenant) },
                notified: { [registry = self.registry] method, params in
                    registry.events.note(method, params, of: pool.name, instance: id)
                },
                askedAmbiguously: {
                    pool.log.append(
                        "heddle",
                        instance: id,
                        "it asked for input while it worked for several clients; isolation by session keeps them apart"
                    )
                },
                closed: { reason in pool.ended(id, session: session, reason: reason) },
                lateAnswer: { pool.answeredLate(id, session: session) },
                roots: entry.grants.read + entry.grants.write
            )
        }
        pool.log.append("heddle", instance: started.instance.id, "started as process \(started.instance.processID)")
        do {
            try await compare(started.tools, started.instance.greeting, pool, of: version, tenant)
        } catch {
            await started.instance.stop(grace: configuration.stopGrace)
            throw error
        }
        started.instance.follow(pool.subscriptions.uris)
        if session != nil {
            // Beside the call that waits for this start.
            background.add { [launcher] in
                launcher.pruneSessions(of: entry.name, tenant: tenant, keeping: pool.sessions)
            }
        }
        return started.instance
    }

    /// Stops what runs for a session that is over.
    package func endSession(_ session: String, of caller: Caller) {
        let key = InvocationService.Target.sessionKey(caller, session)
        for entry in registry.snapshot.all where entry.pool.rules.isolation == .session { entry.pool.endSession(key) }
    }

    /// The extension says that its tools changed: look again, outside of the event loop that said so.
    private func toolsChanged(
        _ pool: InstancePool,
        _ id: InstanceID,
        _ session: String?,
        of version: RegisteredExtension,
        _ tenant: TenantID
    ) {
        guard let instance = pool.toolsChanged(id, session: session), instance.beginRelisting() else { return }
        relist(instance, pool, of: version, tenant)
    }

    /// Looks at the tools of a version that was put up, since what its process said before was said to nobody.
    func relistNow(_ pool: InstancePool, of version: RegisteredExtension, _ tenant: TenantID) {
        for instance in pool.instances where instance.beginRelisting() {
            relist(instance, pool, of: version, tenant)
        }
    }

    private func relist(
        _ instance: ExtensionInstance,
        _ pool: InstancePool,
        of version: RegisteredExtension,
        _ tenant: TenantID
    ) {
        let id = instance.id
        background.add { [weak self] in
            repeat {
                do {
                    let (connection, greeting) = (instance.connection, instance.greeting)
                    let tools = try await connection.listTools(era: greeting.era, timeout: .seconds(30))
                    try await self?.compare(tools, greeting, pool, of: version, tenant)
                } catch {
                    pool.log.append("heddle", instance: id, "after a change of tools: \(error)")
                }
                self?.registry.events.send(.tools(pool.name))
                // One that says so all the time is not listened to all the time; a cancelled sleep ends with the pool.
                if instance.isRelistingAgain { try? await Task.sleep(for: .seconds(1)) }
            } while instance.endRelisting() == .again && pool.instances.contains { $0 === instance }
        }
    }

    /// Holds an extension whose tools are not the accepted ones any more.
    private func compare(
        _ offered: [ToolDefinition],
        _ greeting: MCPGreeting,
        _ pool: InstancePool,
        of version: RegisteredExtension,
        _ tenant: TenantID
    ) async throws {
        for _ in 0..<8 {
            guard let entry = registry.snapshot.entry(pool.name.rawValue), entry.pool === pool else {
                // A version that was replaced, or is about to be put up: there is nothing to note, but what it offers counts.
                guard ToolComparison.hasChangedDefinition(accepted: version.tools, offered: offered) else { return }
                throw InvocationService.held(pool.name)
            }
            var changed = entry.registered
            let isHeld = ToolComparison.hasChangedDefinition(accepted: changed.tools, offered: offered)
            if isHeld { changed.heldTools = offered }
            changed.revision = greeting.revision
            changed.abilities = greeting.abilities
            if changed.heldTools?.map(\.document.bytes) != entry.registered.heldTools?.map(\.document.bytes)
                || changed.revision != entry.registered.revision
                || changed.abilities != entry.registered.abilities
            {
                do {
                    registry.replace(try await save(changed, tenant), of: pool)
                } catch let error as HeddleError where error.code == .versionConflict {
                    // Somebody changes it at the same time; what they make of it is published in a moment.
                    try await Task.sleep(for: .milliseconds(20))
                    continue
                }
            }
            guard isHeld else { return }
            logger.warning("Held an extension whose tools changed", metadata: ["extension": "\(pool.name)"])
            throw InvocationService.held(pool.name)
        }
        throw HeddleError(.versionConflict, "'\(pool.name)' is being changed all the time")
    }

    /// The extension whose pool this is now; nil for the pool of a version that was replaced or is not put up yet.
    private func current(of pool: InstancePool) -> RegisteredExtension? {
        guard let entry = registry.snapshot.entry(pool.name.rawValue), entry.pool === pool else { return nil }
        return entry.registered
    }

    /// Stops every process; called once, at the end.
    package func stopAll() async {
        await withDiscardingTaskGroup { group in
            for entry in registry.snapshot.all {
                group.addTask { await entry.pool.close() }
            }
            for old in draining.withLock(\.self) {
                group.addTask { await old.pool.close() }
            }
        }
    }
}

/// Stops processes that nobody has called for a while, and drops results that are out of date.
package struct IdleReaper: Service {
    private let registry: ExtensionRegistry
    private let results: ResultCache

    package init(registry: ExtensionRegistry, results: ResultCache) {
        self.registry = registry
        self.results = results
    }

    package func run() async {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            // A cancelled sleep ends the loop at its head.
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(1)) }
            for entry in registry.snapshot.all { entry.pool.stopIfIdle() }
            results.removeExpired(now: .now)
        }
    }
}
