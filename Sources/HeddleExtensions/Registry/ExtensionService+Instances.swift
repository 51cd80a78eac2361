import HeddleMCP
import HeddleModel
import Logging
import ServiceLifecycle

extension ExtensionService {
    /// Makes the pool of an extension; it starts nothing yet.
    func makePool(_ entry: RegisteredExtension) -> InstancePool {
        let pool = InstancePool(
            name: entry.name,
            idleAfter: .seconds(entry.manifest.loading.idleSeconds),
            log: ExtensionLog(clock: clock),
            actions: InstancePool.Actions(
                start: { [weak self] pool in
                    guard let self else { throw HeddleError(.shuttingDown, "the server is stopping") }
                    return try await self.start(pool, tenant: .local)
                },
                stop: { [configuration] instance in await instance.stop(grace: configuration.stopGrace) },
                background: { [background] work in background.add(work) }
            )
        )
        if entry.state != .active { pool.markClosed() }
        return pool
    }

    private func start(_ pool: InstancePool, tenant: TenantID) async throws -> ExtensionInstance {
        let entry = try self.entry(pool.name).registered
        let started = try await launcher.start(entry, tenant: tenant, log: pool.log) { id in
            MCPDelegate(
                log: { level, text in pool.log.append("log", instance: id, "[\(level)] \(text)") },
                toolsChanged: { [weak self] in self?.toolsChanged(pool, id, tenant) },
                closed: { reason in pool.ended(id, reason: reason) },
                roots: entry.grants.read + entry.grants.write
            )
        }
        pool.log.append("heddle", instance: started.instance.id, "started as process \(started.instance.processID)")
        do {
            try await compare(started.tools, started.instance.greeting.revision, pool, tenant)
        } catch {
            await started.instance.stop(grace: configuration.stopGrace)
            throw error
        }
        return started.instance
    }

    /// The extension says that its tools changed: look again, outside of the event loop that said so.
    private func toolsChanged(_ pool: InstancePool, _ id: InstanceID, _ tenant: TenantID) {
        background.add { [weak self] in
            guard let self, let instance = pool.instance, instance.id == id else { return }
            do {
                let tools = try await instance.connection.listTools(era: instance.greeting.era, timeout: .seconds(30))
                try await compare(tools, instance.greeting.revision, pool, tenant)
            } catch {
                pool.log.append("heddle", instance: id, "after a change of tools: \(error)")
            }
        }
    }

    /// Holds an extension whose tools are not the accepted ones any more.
    private func compare(
        _ offered: [ToolDefinition],
        _ revision: MCPRevision,
        _ pool: InstancePool,
        _ tenant: TenantID
    ) async throws {
        let known = try entry(pool.name).registered
        if ToolComparison.hasChangedDefinition(accepted: known.tools, offered: offered) {
            var held = known
            held.heldTools = offered
            held = try await save(held, tenant)
            registry.publish([(held, pool)])
            logger.warning("Held an extension whose tools changed", metadata: ["extension": "\(pool.name)"])
            throw InvocationService.held(pool.name)
        }
        if known.revision != revision {
            var changed = known
            changed.revision = revision
            registry.publish([(try await save(changed, tenant), pool)])
        }
    }

    /// Stops every process; called once, at the end.
    package func stopAll() async {
        await withDiscardingTaskGroup { group in
            for entry in registry.snapshot.entries {
                group.addTask { await entry.pool.close() }
            }
        }
    }
}

/// Stops processes that nobody has called for a while.
package struct IdleReaper: Service {
    private let registry: ExtensionRegistry

    package init(registry: ExtensionRegistry) {
        self.registry = registry
    }

    package func run() async {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            // A cancelled sleep ends the loop at its head.
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(1)) }
            for entry in registry.snapshot.entries { entry.pool.stopIfIdle() }
        }
    }
}
