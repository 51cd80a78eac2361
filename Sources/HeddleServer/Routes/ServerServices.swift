import HeddleCoordination
import HeddleExtensions
import HeddleModel
import HeddleStore
import HeddleVectors
import Logging
import Synchronization

/// What the routes of a server work with.
struct ServerServices: Sendable {
    let configuration: LiveConfiguration
    let registry: ExtensionRegistry
    let extensions: ExtensionService
    let installation: Installation
    let invocations: InvocationService
    let relay: RelayService
    let results: ResultCache
    let idempotency: IdempotencyKeys
    let store: HeddleStore
    let contexts: ContextService
    let vectors: VectorService
    let hangUps: HangUps
    let lifecycle: ServerLifecycle
    let logger: Logger
    let liveBodyLimit: LiveLimit

    /// Largest request body, in bytes.
    var bodyLimit: Int { liveBodyLimit.value }
}

/// When the server started, where it listens, and how it is told to stop.
final class ServerLifecycle: Sendable {
    private struct State {
        var address = ""
        var isReady = false
        var stop: (@Sendable () async -> Void)?
    }

    let startedAt = ContinuousClock.now
    private let state = Mutex(State())

    var address: String { state.withLock { $0.address } }
    var isReady: Bool { state.withLock { $0.isReady } }

    func listening(on address: String) {
        state.withLock { state in
            state.address = address
            state.isReady = true
        }
    }

    func setStop(_ stop: @escaping @Sendable () async -> Void) {
        state.withLock { $0.stop = stop }
    }

    /// Begins a graceful stop; the answer to the request still goes out.
    func stop() async {
        let stop = state.withLock { state in
            state.isReady = false
            return state.stop
        }
        await stop?()
    }
}
