import HeddleExtensions
import HeddleModel
import Synchronization

/// What all requests of MCP clients share, whichever endpoint they come to.
final class MCPGateway: Sendable {
    let services: ServerServices
    let sessions: MCPSessions
    let parked = ParkedCalls()
    let offers: OfferBook
    let listeners: MCPListeners
    let tasks: MCPTasks
    let homes = TaskHomes()
    let seal: SealedState
    let clock: any WallClock

    init(services: ServerServices, secret: [UInt8], clock: any WallClock = SystemWallClock()) {
        self.services = services
        self.clock = clock
        offers = OfferBook(registry: services.registry, relay: services.relay)
        seal = SealedState(secret: secret)
        sessions = MCPSessions(relay: services.relay)
        let listeners = MCPListeners(sessions: sessions)
        self.listeners = listeners
        tasks = MCPTasks(clock: clock) { id, task in listeners.tellTask(id, task) }
        listeners.listen(to: services.registry.events)
    }
}

/// Which processes have the tasks that extensions made themselves.
final class TaskHomes: Sendable {
    private static let most = 10_000

    private let homes = Mutex<[String: UInt64]>([:])

    /// A process has made a task.
    func note(_ task: String, _ instance: UInt64) {
        homes.withLock { homes in
            // A task whose home is forgotten is asked of any process.
            if homes.count >= Self.most { homes.removeAll() }
            homes[task] = instance
        }
    }

    /// The process that has a task, as far as is known.
    func home(of task: String) -> UInt64? { homes.withLock { $0[task] } }
}
