import Download
import FoundationEssentials
import Glibc
import HeddleCoordination
import HeddleExtensions
import HeddleModel
import HeddleSandbox
import HeddleSecurity
package import HeddleStore
import HeddleVectors
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

/// One server: puts the parts together, runs until it is told to stop, and takes them apart again.
package struct HeddleApplication: Sendable {
    private let configuration: ServerConfiguration
    private let logger: Logger
    private let logLevel: LiveLogLevel

    package init(configuration: ServerConfiguration) throws {
        self.configuration = configuration
        let level = LiveLogLevel(configuration.logLevel)
        logLevel = level
        logger = Logger(label: "heddle") { LiveLogHandler(label: $0, level: level) }
    }

    /// Runs the server; returns when it has stopped.
    ///
    /// - Throws: ``HeddleError`` with `dataDirectoryLocked` when another server has the data directory, `storageFull`, or
    ///   what the parts throw while they start.
    package func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let directory = try DataDirectory.open(path: configuration.text("data.directory"))
        let token = try AccessToken.load(configured: configuration.text("security.token"), directory: directory)
        let store = try await openStore(directory)
        do {
            try await run(directory, token, store)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    /// The tables of all parts, in the order in which they came to be.
    package static let migrations =
        ExtensionMigrations.first + IdempotencyMigrations.all + ContextMigrations.all + ExtensionMigrations.later

    private func openStore(_ directory: DataDirectory) async throws -> HeddleStore {
        guard let url = configuration.databaseURL else {
            return try HeddleStore.open(
                directory: directory.path,
                configuration: configuration.store,
                migrations: Self.migrations,
                logger: logger
            )
        }
        return try await HeddleStore.open(
            url: url,
            configuration: configuration.store,
            migrations: Self.migrations,
            logger: logger
        )
    }

    private func run(_ directory: DataDirectory, _ token: AccessToken, _ store: HeddleStore) async throws {
        let background = BackgroundTasks()
        let door = Door(
            token: token,
            origins: configuration.origins,
            isOpenForMCP: configuration.text("security.open_mcp") == "true"
        )
        let services = try makeServices(directory, store, background, door)
        try await services.extensions.load()
        let gateway = MCPGateway(services: services, secret: try directory.secret("sealing-key"))
        let application = makeApplication(services, door, gateway)
        let group = ServiceGroup(
            configuration: groupConfiguration([
                // Stopped last: what the keeper stops is stopped in it.
                background, VectorCloser(vectors: services.vectors), InstanceKeeper(services: services), application,
                ArtifactSweeper(extensions: services.extensions, logger: logger),
                HealthChecks(registry: services.registry, logger: logger),
                ContextSweeper(
                    contexts: services.contexts,
                    interval: .seconds(configuration.integer("contexts.sweep_seconds")),
                    warmUp: configuration.integer("cache.contexts.warm_up"),
                    retention: configuration.contextRetention,
                    logger: logger
                ),
                // Stopped first, so that nothing is started while everything is stopped, and no stream keeps a connection.
                Preloader(registry: services.registry, logger: logger), MCPStreamKeeper(gateway: gateway),
            ])
        )
        services.lifecycle.setStop { await group.triggerGracefulShutdown() }
        // Before this line they end the process as ever; from here on none of them is lost.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let hangUp = await HangUpSignal()
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { await Self.end(at: signals) { await services.lifecycle.stop() } }
            tasks.addTask {
                await hangUp.run {
                    // The log has what was wrong.
                    _ = try? await services.configuration.reload(.signal)
                } stop: {
                    await services.lifecycle.stop()
                }
            }
            do {
                try await group.run()
            } catch let error as IOError {
                throw bindFailure(error)
            }
            tasks.cancelAll()
        }
    }

    /// Says in words that the address cannot be had.
    private func bindFailure(_ error: IOError) -> any Error {
        let address = "\(configuration.text("http.host")):\(configuration.text("http.port"))"
        switch error.errnoCode {
        case EADDRINUSE:
            return HeddleError(
                .addressInUse,
                "another program listens on \(address) already",
                details: ["address": address],
                cause: error
            )
        case EACCES, EADDRNOTAVAIL:
            return HeddleError(
                .invalidConfiguration,
                "this machine does not let Heddle listen on \(address)",
                details: ["key": "http.host", "address": address],
                cause: error
            )
        default:
            return error
        }
    }

    /// Stops the server at the first signal; the second is for people in a hurry, and the kernel ends the extensions.
    private static func end(at signals: UnixSignalsSequence, stop: () async -> Void) async {
        var isStopping = false
        for await _ in signals {
            if isStopping { _exit(1) }
            isStopping = true
            await stop()
        }
    }

    private func groupConfiguration(_ services: [any Service]) -> ServiceGroupConfiguration {
        var result = ServiceGroupConfiguration(
            services: services,
            // Two that trap the same signal may each see what the other misses.
            gracefulShutdownSignals: [],
            logger: quietLogger
        )
        result.maximumGracefulShutdownDuration = .seconds(max(1, configuration.integer("shutdown.grace_seconds")))
        return result
    }

    /// The lifecycle package tells every step at info, which is debug to us.
    private var quietLogger: Logger {
        var quiet = logger
        quiet.logLevel = .warning
        return quiet
    }

    // MARK: Parts

    private func makeServices(
        _ directory: DataDirectory,
        _ store: HeddleStore,
        _ background: BackgroundTasks,
        _ door: Door
    ) throws -> ServerServices {
        let clock = SystemWallClock()
        let environment = ProcessInfo.processInfo.environment
        let sandbox = Sandbox(
            configuration: Sandbox.Configuration(
                maximumProcesses: configuration.integer("sandbox.maximum_processes"),
                protectedPaths: secretPaths(directory)
            ),
            logger: logger
        )
        try sandbox.prepare()
        let resolver = CommandResolver(
            searchPath: environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
            protectedPaths: protectedPaths(directory) + [environment["HOME"]].compactMap(\.self)
        )
        let confinement = Confinement(
            protectedPaths: [environment["HOME"]].compactMap(\.self),
            sealedPaths: protectedPaths(directory),
            environment: environment
        )
        let artifacts = ArtifactStore(root: directory.path + "/artifacts")
        let packages = PackageStore(
            root: directory.path + "/store",
            maximumBytes: configuration.integer("packages.store_mb") << 20
        )
        let installation = Installation(
            resolver: resolver,
            python: PythonInstaller(
                sandbox: sandbox,
                resolver: resolver,
                environment: environment,
                store: packages,
                logger: logger
            ),
            node: NodeInstaller(
                sandbox: sandbox,
                resolver: resolver,
                environment: environment,
                store: packages,
                logger: logger
            ),
            archives: ArchiveInstaller(
                sandbox: sandbox,
                resolver: resolver,
                program: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "heddle",
                userID: UInt32(configuration.integer("sandbox.user_base") - 1),
                logger: logger
            ),
            artifacts: artifacts,
            packages: packages,
            fetcher: try makeFetcher(artifacts, environment),
            signatures: SignatureRules(
                publishers: try TrustedPublishers(configuration.list("security.trusted_publishers")),
                isRequired: configuration.text("security.require_signature") == "true"
            ),
            packageRoot: directory.path + "/packages",
            grantRules: { grants throws(HeddleError) in try confinement.check(grants) },
            logger: logger
        )
        let registry = ExtensionRegistry()
        let results = ResultCache(configuration.resultCache)
        let extensions = ExtensionService(
            configuration: ExtensionService.Configuration(
                userBase: UInt32(configuration.integer("sandbox.user_base")),
                maximumExtensions: configuration.integer("extensions.maximum")
            ),
            registry: registry,
            store: store,
            installation: installation,
            launcher: InstanceLauncher(
                sandbox: sandbox,
                confinement: confinement,
                dataRoot: directory.path + "/extensions",
                clock: clock,
                logger: logger
            ),
            background: background,
            results: results,
            clock: clock,
            logger: logger
        )
        let bodyLimit = LiveLimit(configuration.bodyLimit)
        let limits = CallLimits(configuration.callLimits)
        return ServerServices(
            configuration: LiveConfiguration(
                configuration,
                settings: LiveSettings(
                    logLevel: logLevel,
                    door: door,
                    bodyLimit: bodyLimit,
                    sandbox: sandbox,
                    extensions: extensions,
                    results: results,
                    limits: limits,
                    store: store,
                    directory: directory
                ),
                audit: AuditLog(directory: directory.path, clock: clock),
                logger: logger
            ),
            registry: registry,
            extensions: extensions,
            installation: installation,
            invocations: InvocationService(
                registry: registry,
                results: results,
                limits: limits,
                clock: clock,
                logger: logger
            ),
            relay: RelayService(registry: registry),
            results: results,
            idempotency: IdempotencyKeys(store: store, clock: clock),
            store: store,
            contexts: ContextService(
                store: store,
                cache: ContextCache(configuration.contextCache(isAlone: configuration.databaseURL == nil)),
                clock: clock,
                logger: logger
            ),
            vectors: VectorService(root: directory.path + "/vectors", options: vectorOptions),
            hangUps: HangUps(),
            lifecycle: ServerLifecycle(),
            logger: logger,
            liveBodyLimit: bodyLimit
        )
    }

    private var vectorOptions: VectorCollection.Options {
        var options = VectorCollection.Options()
        options.logger = logger
        return options
    }

    /// What fetches archives, from public addresses and those that are allowed.
    ///
    /// - Throws: ``HeddleError`` with `invalidConfiguration`.
    private func makeFetcher(
        _ store: ArtifactStore,
        _ environment: [String: String]
    ) throws(HeddleError) -> ArtifactFetcher {
        do throws(DownloadError) {
            let downloader = Downloader(
                rules: try AddressRules(allowing: configuration.list("downloads.allowed_hosts")),
                proxies: try ProxyRules(environment: environment)
            )
            let limits = DownloadLimits(
                bytes: configuration.integer("downloads.max_mb") << 20,
                total: .seconds(configuration.integer("downloads.timeout_seconds"))
            )
            return ArtifactFetcher(downloader: downloader, limits: limits, store: store)
        } catch {
            throw HeddleError(.invalidConfiguration, "downloads cannot be set up: \(error.message)", cause: error)
        }
    }

    /// What no extension is ever given by name: everything of ours.
    private func protectedPaths(_ directory: DataDirectory) -> [String] { [directory.path] }

    /// What no process sees whatever it is: all of ours but the installed packages, which run.
    private func secretPaths(_ directory: DataDirectory) -> [String] {
        let files = [
            "store", "heddle.sqlite", "heddle.sqlite-wal", "heddle.sqlite-shm", "token", "sealing-key", "lock",
            "serve.log", "extensions", "vectors",
        ]
        let audits = ["audit.log"] + (1...AuditLog.kept).map { "audit.log.\($0)" }
        return (files + audits).map { "\(directory.path)/\($0)" }
    }

    private func makeApplication(_ services: ServerServices, _ door: Door, _ gateway: MCPGateway) -> some Service {
        let host = configuration.text("http.host")
        let mcp = MCPEndpoint(gateway: gateway)
        let idleTimeout = TimeAmount.seconds(Int64(configuration.integer("http.idle_seconds")))
        let table = Self.routeTable(services, mcp)
        let router = Router(context: HeddleRequestContext.self)
        router.add(middleware: DoorMiddleware(door: door, routes: table))
        table.add(to: router)
        let hangUps = services.hangUps
        return Application(
            router: router,
            server: HTTPServerBuilder { responder in
                LaneChannel(
                    base: HTTP1Channel(
                        responder: responder,
                        configuration: HTTP1Channel.Configuration(
                            additionalChannelHandlers: [HangUps.Handler(hangUps)]
                        )
                    ),
                    makeLane: {
                        InvocationLane(door: door, services: services, mcp: mcp, idleTimeout: idleTimeout)
                    }
                )
            },
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: configuration.integer("http.port")),
                backlog: 1024
            ),
            onServerRunning: { channel in
                let name = host.contains(":") ? "[\(host)]" : host
                let address = "http://\(name):\(channel.localAddress?.port ?? 0)"
                services.lifecycle.listening(on: address)
                let line = Array("listening on \(address)\n".utf8)
                _ = line.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
            },
            logger: quietLogger
        )
    }

    private static func contextRoutes(_ services: ServerServices) -> [Route] {
        ContextRoutes(services: services).routes + ParticipantRoutes(services: services).routes
            + MetadataRoutes(services: services).routes + StateRoutes(services: services).routes
            + TransferRoutes(services: services).routes
    }

    static func routeTable(_ services: ServerServices, _ mcp: MCPEndpoint) -> RouteTable {
        let routes =
            ServerRoutes(services: services).routes + ExtensionRoutes(services: services).routes
            + VersionRoutes(services: services).routes
            + RegistryRoutes(services: services).routes + CapabilityRoutes(services: services).routes
            + ServingRoutes(services: services).routes + contextRoutes(services)
            + VectorRoutes(services: services).routes + mcp.routes
        return RouteTable(routes: routes + [OpenAPIDocument.route(describing: routes)])
    }
}

/// Ends the streams of MCP clients when the server stops.
private struct MCPStreamKeeper: Service {
    let gateway: MCPGateway

    func run() async {
        // Thrown when the server is cancelled, which is an end as well.
        try? await gracefulShutdown()
        gateway.listeners.endAll()
    }
}

/// Closes the collections of vectors when nobody asks for them any more.
private struct VectorCloser: Service {
    let vectors: VectorService

    func run() async {
        try? await gracefulShutdown()
        vectors.close()
    }
}

/// Stops idle processes while the server runs, and all of them when it ends.
private struct InstanceKeeper: Service {
    let services: ServerServices

    func run() async {
        await IdleReaper(registry: services.registry, results: services.results).run()
        await services.extensions.stopAll()
    }
}
