/// Which requests of the bridge run, which wait, and which are refused because both are full.
package struct BridgeQueue: Sendable {
    /// What becomes of a new request.
    package enum Admission: Sendable, Hashable {
        case start
        case wait
        /// Too many run and wait already.
        case refuse
        /// Its id is that of a request under way.
        case duplicate
    }

    /// What a cancellation met.
    package enum Cancellation: Sendable, Hashable {
        case running
        /// It had not been sent, and will not be.
        case dropped
        case unknown
    }

    package let maximumRunning: Int
    package let maximumWaiting: Int
    private var running: Set<String> = []
    private var waiting: [MCPMessage] = []

    package init(maximumRunning: Int = 200, maximumWaiting: Int = 4096) {
        self.maximumRunning = maximumRunning
        self.maximumWaiting = maximumWaiting
    }

    /// Whether nothing runs; then nothing waits either.
    package var isIdle: Bool { running.isEmpty }

    /// Takes a request in.
    package mutating func admit(_ message: MCPMessage, id: String) -> Admission {
        guard !running.contains(id), !waiting.contains(where: { $0.requestID == id }) else { return .duplicate }
        if running.count < maximumRunning {
            running.insert(id)
            return .start
        }
        guard waiting.count < maximumWaiting else { return .refuse }
        waiting.append(message)
        return .wait
    }

    /// Ends a request and gives the one that runs in its place.
    package mutating func next(after id: String) -> MCPMessage? {
        running.remove(id)
        guard !waiting.isEmpty else { return nil }
        let message = waiting.removeFirst()
        if let id = message.requestID { running.insert(id) }
        return message
    }

    /// Cancels a request.
    package mutating func cancel(_ id: String) -> Cancellation {
        if running.contains(id) { return .running }
        guard let index = waiting.firstIndex(where: { $0.requestID == id }) else { return .unknown }
        waiting.remove(at: index)
        return .dropped
    }
}
