import JSON
import Synchronization

/// Carries the messages of a client that speaks MCP over standard input and output to a server's `/mcp`.
///
/// Requests run side by side; `initialize` and notifications keep their place in the order, since what follows them may
/// depend on them.
package final class MCPBridge: Sendable {
    /// The next bytes of the client; nil at the end.
    package typealias Input = @Sendable () async -> [UInt8]?
    /// Writes one line to the client; false when nobody reads any more.
    package typealias Output = @Sendable ([UInt8]) async -> Bool
    /// Brings a server up that does not answer; false when that fails.
    package typealias Revival = @Sendable () async -> Bool

    struct State {
        var session = MCPSession()
        var queue = BridgeQueue()
        var cancellations: [String: AsyncStream<Void>.Continuation] = [:]
        var isReviving = false
        var isListening = false
        /// Requests that end only when they are cancelled.
        var subscriptions: Set<String> = []
    }

    let state = Mutex(State())
    /// Carries requests, which may take long.
    let requests: HeddleClient
    /// Carries notifications, which must not wait behind requests.
    let control: HeddleClient
    let output: Output
    let revival: Revival
    let clock: any Clock<Duration>
    private let grace: Duration

    /// Prepares a bridge.
    ///
    /// - Parameters:
    ///   - server: Where the server listens.
    ///   - token: The bearer token; empty sends none.
    ///   - clock: Measures the waits.
    ///   - grace: How long requests may go on after the client has closed its end.
    ///   - revival: Brings a server up that does not answer.
    ///   - output: Writes one line to the client.
    package init(
        server: ServerAddress,
        token: String,
        clock: any Clock<Duration> = ContinuousClock(),
        grace: Duration = .seconds(5),
        revival: @escaping Revival = { false },
        output: @escaping Output
    ) {
        requests = HeddleClient(server: server, token: token)
        control = HeddleClient(server: server, token: token)
        self.clock = clock
        self.grace = grace
        self.revival = revival
        self.output = output
    }

    /// Carries messages until the client closes its end.
    package func run(input: Input) async {
        await withDiscardingTaskGroup { group in
            var framer = LineFramer()
            while let bytes = await input() {
                for piece in framer.append(bytes) { await take(piece, &group) }
            }
            if let piece = framer.finish() { await take(piece, &group) }
            await settle()
            group.cancelAll()
        }
        await closeSession()
        await requests.shutdown()
        await control.shutdown()
    }

    private func take(_ piece: LineFramer.Piece, _ group: inout DiscardingTaskGroup) async {
        switch piece {
        case .tooLong:
            await refuse(nil, -32_600, "the message is larger than \(LineFramer().limit >> 20) MB")
        case .line(let line):
            do {
                guard let message = try MCPMessage(line) else {
                    return await refuse(nil, -32_600, "a message is one JSON-RPC 2.0 object")
                }
                await take(message, &group)
            } catch {
                await refuse(nil, -32_700, "the message is not acceptable JSON: \(error)")
            }
        }
    }

    private func take(_ message: MCPMessage, _ group: inout DiscardingTaskGroup) async {
        state.withLock { $0.session.note(sending: message) }
        switch message.kind {
        case .notification, .response:
            await notify(message)
        case .request(let id):
            switch state.withLock({ $0.queue.admit(message, id: id) }) {
            case .wait: break
            case .duplicate: await refuse(id, -32_600, "a request with this id is under way")
            case .refuse:
                let queue = BridgeQueue()
                let limit = queue.maximumRunning + queue.maximumWaiting
                await refuse(id, -32_603, "more than \(limit) requests are under way")
            case .start where message.method == "initialize":
                await serve(message, id: id)
                addListener(&group)
                if let next = finished(id) { group.addTask { await self.work(next) } }
            case .start:
                group.addTask { await self.work(message) }
            }
        }
    }

    /// Serves a request and, after it, those that waited for its place.
    private func work(_ first: MCPMessage) async {
        var current: MCPMessage? = first
        while let message = current, let id = message.requestID {
            await serve(message, id: id)
            current = finished(id)
        }
    }

    private func serve(_ message: MCPMessage, id: String) async {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        state.withLock { state in
            state.cancellations[id] = continuation
            if message.method == "subscriptions/listen" { state.subscriptions.insert(id) }
        }
        await Race.first(
            { await self.answer(message, id: id) },
            against: { for await _ in stream { return } }
        )
    }

    private func finished(_ id: String) -> MCPMessage? {
        state.withLock { state in
            state.cancellations[id] = nil
            state.subscriptions.remove(id)
            return state.queue.next(after: id)
        }
    }

    private func notify(_ message: MCPMessage) async {
        if let id = message.cancelledID {
            let outcome = state.withLock { state in
                let outcome = state.queue.cancel(id)
                if outcome == .running { state.cancellations[id]?.yield() }
                return outcome
            }
            if outcome == .dropped { return }
        }
        let clock = clock
        await Race.first(
            { await self.post(notification: message) },
            against: { try? await clock.sleep(for: .seconds(10)) }
        )
    }

    /// Lets requests end for a while after the client has closed its end.
    private func settle() async {
        state.withLock { state in
            for id in state.subscriptions { state.cancellations[id]?.yield() }
        }
        let (clock, grace) = (clock, grace)
        await Race.first(
            {
                while !self.state.withLock({ $0.queue.isIdle }), !Task.isCancelled {
                    try? await clock.sleep(for: .milliseconds(10))
                }
            },
            against: { try? await clock.sleep(for: grace) }
        )
    }

    func refuse(_ id: String?, _ code: Int, _ message: String) async {
        _ = await output(MCPMessage.failure(id: id, code: code, message))
    }

    private func addListener(_ group: inout DiscardingTaskGroup) {
        let isNew = state.withLock { state in
            guard state.session.id != nil, !state.isListening else { return false }
            state.isListening = true
            return true
        }
        if isNew { group.addTask { await self.listen() } }
    }
}
