import HeddleExtensions
import HeddleModel

/// What all requests of MCP clients share, whichever endpoint they come to.
final class MCPGateway: Sendable {
    let services: ServerServices
    let sessions: MCPSessions
    let parked = ParkedCalls()
    let offers: OfferBook
    let listeners: MCPListeners
    let tasks: MCPTasks
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
