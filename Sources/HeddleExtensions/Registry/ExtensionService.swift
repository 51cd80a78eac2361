import HeddleMCP
package import HeddleModel
package import HeddleStore
package import Logging
import Synchronization

/// Registers, activates, deactivates and removes extensions.
///
/// A registration is tried before it is stored: the program has started and listed its tools, or there is no trace of
/// it. A crash at any moment therefore leaves the old state or the new one; files that no row names are swept at start.
package final class ExtensionService: Sendable {
    /// How the service is set up.
    package struct Configuration: Sendable {
        /// The first of the real users that extensions run as when Heddle is root.
        package var userBase: UInt32
        /// Extensions that may be registered.
        package var maximumExtensions: Int
        /// How long a process may take to end by itself when it is stopped.
        package var stopGrace: Duration

        package init(
            userBase: UInt32 = 1_600_000_000,
            maximumExtensions: Int = 10_000,
            stopGrace: Duration = .milliseconds(1500)
        ) {
            self.userBase = userBase
            self.maximumExtensions = maximumExtensions
            self.stopGrace = stopGrace
        }
    }

    let configuration: Configuration
    let registry: ExtensionRegistry
    let store: HeddleStore
    let installation: Installation
    let launcher: InstanceLauncher
    let background: BackgroundTasks
    /// What calls came to.
    package let statistics = StatisticsBook()
    /// What is forgotten when an extension goes.
    let results: ResultCache
    let clock: any WallClock
    let logger: Logger
    let repository = ExtensionRepository()
    let reservations: Mutex<ExtensionReservations>
    let draining = Mutex<[DrainingPool]>([])

    package init(
        configuration: Configuration = Configuration(),
        registry: ExtensionRegistry,
        store: HeddleStore,
        installation: Installation,
        launcher: InstanceLauncher,
        background: BackgroundTasks,
        results: ResultCache = ResultCache(),
        clock: any WallClock,
        logger: Logger
    ) {
        self.configuration = configuration
        reservations = Mutex(ExtensionReservations(maximumExtensions: configuration.maximumExtensions))
        self.registry = registry
        self.store = store
        self.installation = installation
        self.launcher = launcher
        self.background = background
        self.results = results
        self.clock = clock
        self.logger = logger
    }

    /// Sets another bound on extensions; those that are above it stay.
    package func setMaximumExtensions(_ maximum: Int) {
        reservations.withLock { $0.maximumExtensions = maximum }
    }

    /// Fills the registry from the store, and sweeps what interrupted installations left; starts no process.
    ///
    /// - Throws: what the store throws.
    package func load() async throws {
        let base = configuration.userBase
        let contents = try await store.read { [repository] tx in
            try repository.all(tenant: .local, userBase: base, tx)
        }
        registry.add(contents.entries.map { ($0, makePool($0)) })
        reservations.withLock { state in
            for (name, userID, _) in contents.unreadable {
                state.unreadable[name] = userID
                state.users.insert(userID)
            }
        }
        for (name, _, reason) in contents.unreadable {
            logger.error("Cannot read an extension", metadata: ["extension": "\(name)", "reason": "\(reason)"])
        }
        // What an unreadable one needs cannot be told from what nobody needs.
        if contents.unreadable.isEmpty { installation.sweep(keeping: contents.entries + contents.others) }
        for name in contents.remains {
            launcher.removeData(of: name, tenant: .local)
            logger.info("Removed what was left of an extension", metadata: ["extension": "\(name)"])
            try await forgetRemains(of: name, .local)
        }
    }

    func forgetRemains(of name: String, _ tenant: TenantID) async throws {
        try await store.write { [repository] tx in try repository.forgetRemains(of: name, tenant: tenant, tx) }
    }

    // MARK: Registering

    /// Registers an extension: resolves or installs its program, tries it, stores it, and shows its capabilities.
    ///
    /// - Throws: ``HeddleError`` with `extensionExists`, `tooManyRequests`, or what resolving, installing and the trial
    ///   throw; nothing is left then.
    package func register(_ caller: Caller, _ request: RegistrationRequest) async throws -> RegisteredExtension {
        let stages = StageTimes()
        let plan = try await installation.plan(request, stages)
        do {
            return try await register(caller, request, plan, stages)
        } catch {
            installation.discard(plan)
            throw error
        }
    }

    private func register(
        _ caller: Caller,
        _ request: RegistrationRequest,
        _ plan: Installation.Plan,
        _ stages: StageTimes
    ) async throws -> RegisteredExtension {
        try await withReservation(of: plan.manifest.name) { [self] in
            guard !reservations.withLock({ $0.unreadable[plan.manifest.name.rawValue] != nil }) else {
                throw HeddleError(
                    .extensionExists,
                    "an extension named '\(plan.manifest.name)' is stored and cannot be read; the server's log says why, "
                        + "and removing it frees the name",
                    details: ["name": plan.manifest.name.rawValue]
                )
            }
            guard registry.snapshot.entry(plan.manifest.name.rawValue) == nil else {
                throw HeddleError(
                    .extensionExists,
                    "an extension named '\(plan.manifest.name)' is registered already",
                    details: ["name": plan.manifest.name.rawValue]
                )
            }
            try takePlace(plan.manifest, stages)
            let userID = try stages.time("resources") { try takeUser() }
            defer { reservations.withLock { _ = $0.users.remove(userID) } }
            return try await install(caller, request, plan, userID: userID, stages)
        }
    }

    private func install(
        _ caller: Caller,
        _ request: RegistrationRequest,
        _ plan: Installation.Plan,
        userID: UInt32,
        _ stages: StageTimes
    ) async throws -> RegisteredExtension {
        let installed = try await installation.install(plan, userID: userID, stages)
        var entry = RegisteredExtension(
            name: plan.manifest.name,
            manifest: installed.manifest,
            source: plan.source,
            grants: plan.grants,
            choices: plan.choices,
            configuration: plan.configuration,
            userID: userID,
            createdAt: clock.now
        )
        entry.resolved = installed.resolved
        entry.signature = plan.signature.sentence
        let name = entry.name
        let log = ExtensionLog(clock: clock)
        let pool: InstancePool
        do {
            if request.activate {
                // The trial makes the data directory before there is a row for it.
                try await store.write { [repository] tx in
                    try repository.noteRemains(of: name, tenant: caller.tenant, tx)
                }
                try await tryOut(&entry, tenant: caller.tenant, log: log, stages)
                try await stages.time("hooks") {
                    try await hooks.run(.preActivate, of: entry, tenant: caller.tenant, log: log)
                }
                for next in [ExtensionState.activating, .active] {
                    entry.state = try entry.state.transition(to: next)
                }
            }
            let tried = entry
            pool = stages.time("resources") { makePool(tried, log: log) }
            entry.stages = stages.value
            let stored = entry
            let number = Int(userID - configuration.userBase)
            try await stages.time("persist") {
                try await store.write { [repository] tx in
                    try repository.insert(stored, userNumber: number, tenant: caller.tenant, tx)
                }
            }
        } catch {
            installation.discard(installed)
            launcher.removeData(of: name.rawValue, tenant: caller.tenant)
            // Should this fail too, the next start does it.
            try? await forgetRemains(of: name.rawValue, caller.tenant)
            throw error
        }
        entry.stages = stages.value
        registry.add([(entry, pool)])
        if request.activate { try? await hooks.run(.postActivate, of: entry, tenant: caller.tenant, log: log) }
        logger.info(
            "Registered an extension",
            metadata: ["extension": "\(entry.name)", "tools": "\(entry.tools.count)"]
        )
        return entry
    }

    var hooks: LifecycleHooks { LifecycleHooks(installation: installation, launcher: launcher) }

    private func takeUser() throws(HeddleError) -> UInt32 {
        try reservations.withLock { state throws(HeddleError) in
            try state.takeUser(from: configuration.userBase, registry)
        }
    }

    /// Keeps others from changing an extension meanwhile; what is taken of the registry for it is free again at the end.
    func withReservation<Value: Sendable>(
        of name: ExtensionName,
        _ operation: @Sendable () async throws -> Value
    ) async throws -> Value {
        guard reservations.withLock({ $0.begin(name) }) else {
            throw HeddleError(
                .versionConflict,
                "somebody else is changing '\(name)' right now",
                details: ["name": name.rawValue]
            )
        }
        defer { reservations.withLock { $0.end(name) } }
        return try await operation()
    }

    // MARK: Changing

    /// Accepts the tools that replaced the accepted ones.
    func acceptTools(_ known: RegistryEntry, _ tenant: TenantID) async throws -> RegisteredExtension {
        var changed = known.registered
        guard let tools = changed.heldTools else {
            throw HeddleError(.invalidStateTransition, "nothing of '\(changed.name)' waits to be accepted")
        }
        try await check(tools, of: changed.name)
        changed.tools = tools
        changed.heldTools = nil
        changed = try await save(changed, tenant)
        registry.replace(changed, of: known.pool)
        return changed
    }

    /// The extension with a name.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound`.
    package func entry(_ name: ExtensionName) throws(HeddleError) -> RegistryEntry {
        guard let entry = registry.snapshot.entry(name.rawValue) else {
            throw HeddleError(
                .extensionNotFound,
                "no extension is named '\(name)'",
                details: ["extension": name.rawValue]
            )
        }
        return entry
    }

    func entry(
        _ name: ExtensionName,
        ifRevision revision: Int?
    ) throws(HeddleError) -> RegistryEntry {
        let known = try entry(name)
        guard let revision, known.registered.edits != revision else { return known }
        throw HeddleError(
            .versionConflict,
            "'\(name)' was changed since: its revision is \(known.registered.edits), not \(revision)",
            details: ["name": name.rawValue, "revision": String(known.registered.edits)]
        )
    }

    func save(_ entry: RegisteredExtension, _ tenant: TenantID) async throws -> RegisteredExtension {
        var saved = entry
        saved.edits += 1
        saved.updatedAt = clock.now
        let row = saved
        try await store.write { [repository] tx in try repository.update(row, tenant: tenant, tx) }
        return saved
    }
}
