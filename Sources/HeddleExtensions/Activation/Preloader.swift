import HeddleModel
package import Logging
import ServiceLifecycle

/// Starts what is wanted to run before somebody calls: eager extensions always, background ones once.
///
/// What an extension depends on is started before it, lower priorities first, a few at a time. An eager extension whose
/// process ended is started again, with the pauses that its pool makes between failures.
package struct Preloader: Service {
    /// How many are started at once.
    private static let width = 5
    /// When background ones are started, after the server has begun to serve.
    private static let delay = Duration.seconds(1)

    private let registry: ExtensionRegistry
    private let logger: Logger

    package init(registry: ExtensionRegistry, logger: Logger) {
        self.registry = registry
        self.logger = logger
    }

    package func run() async {
        var begun: Set<ObjectIdentifier> = []
        var isFirst = true
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            let eager = registry.snapshot.all.filter { Self.isDue($0, .eager) }
            await cancelWhenGracefulShutdown { await start(eager) }
            if !isFirst {
                let background = registry.snapshot.all.filter { Self.isDue($0, .background) }
                let due = background.filter { begun.insert(ObjectIdentifier($0.pool)).inserted }
                await cancelWhenGracefulShutdown { await start(due) }
                if !begun.isEmpty { begun.formIntersection(registry.snapshot.all.map { ObjectIdentifier($0.pool) }) }
            }
            isFirst = false
            // A cancelled sleep ends the loop at its head.
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.delay) }
        }
    }

    private static func isDue(_ entry: RegistryEntry, _ strategy: LoadingStrategy) -> Bool {
        let registered = entry.registered
        return registered.manifest.loadingStrategy == strategy && registered.state == .active && !registered.isHeld
            && entry.pool.instances.isEmpty
    }

    /// Starts extensions level by level: what needs nobody else among them first, and then what needs those.
    private func start(_ entries: [RegistryEntry]) async {
        for level in Self.levels(entries) {
            await withTaskGroup(of: Void.self) { group in
                for (index, entry) in level.enumerated() {
                    if index >= Self.width { await group.next() }
                    group.addTask { await start(entry) }
                }
            }
        }
    }

    private func start(_ entry: RegistryEntry) async {
        do {
            // No success: only a call shows that it works, and one that ends at once is to be paused for.
            entry.pool.release(try await entry.pool.acquire(), .neutral)
        } catch let error as HeddleError where error.code == .startBackoff || error.code == .cancelled {
            // It is tried again when its pause is over.
        } catch {
            logger.warning(
                "Cannot start an extension ahead of its first call",
                metadata: ["extension": "\(entry.registered.name)", "reason": "\(error)"]
            )
        }
    }

    /// The extensions in the order of their dependencies and, among equals, of their priorities.
    static func levels(_ entries: [RegistryEntry]) -> [[RegistryEntry]] {
        let sorted = entries.sorted {
            let (left, right) = ($0.registered, $1.registered)
            return (left.manifest.loading.priority, left.name.rawValue)
                < (right.manifest.loading.priority, right.name.rawValue)
        }
        let members = sorted.map(\.graphMember)
        let byName = Dictionary(sorted.map { ($0.registered.name, $0) }, uniquingKeysWith: { first, _ in first })
        // What a circle keeps from having an order is started in that of the priorities.
        let order = (try? DependencyGraph(members).order(members.map(\.name))) ?? members.map(\.name)
        var levels: [[RegistryEntry]] = []
        var depths: [ExtensionName: Int] = [:]
        for entry in order.compactMap({ byName[$0] }) {
            let needed = entry.registered.manifest.dependencies.compactMap { depths[$0.name] }
            let depth = (needed.max() ?? -1) + 1
            depths[entry.registered.name] = depth
            if depth == levels.count { levels.append([]) }
            levels[depth].append(entry)
        }
        return levels
    }
}
