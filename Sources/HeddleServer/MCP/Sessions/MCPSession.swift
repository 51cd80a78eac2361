import HeddleMCP
import HeddleModel
import JSON
import Synchronization

/// The conversation with one client of the legacy era, from `initialize` on.
final class MCPSession: Sendable {
    /// What the client said of itself in the beginning.
    struct Opening: Sendable {
        let revision: MCPRevision
        /// What it can do, an object's bytes without line breaks.
        let capabilities: [UInt8]
        /// Which of `elicitation`, `sampling` and `roots` that has.
        let abilities: Set<String>
        /// The extension that the session is with alone; nil for all.
        let extensionName: String?
    }

    private struct State {
        var calls: [[UInt8]: @Sendable () -> Void] = [:]
        var asks: [String: MCPAsk] = [:]
        var lastAsk = 0
        /// Nil before the client named one.
        var logLevel: MCPLogLevel?
        var isReady = false
        var streams: [String: MCPStream] = [:]
        var order: [String] = []
        var lastStream = 0
        /// The resources that the client hears of, with their extensions.
        var subscriptions: [String: String] = [:]
        var isEnded = false
    }

    /// Streams that can be read on after a broken connection.
    private static let mostStreams = 32
    /// Questions that a client has not answered.
    private static let mostAsks = 100
    /// Resources that a client hears of.
    private static let mostSubscriptions = 1000

    let id: String
    let opening: Opening
    /// What belongs to no request.
    let general = MCPStream(name: "0")
    private let state = Mutex(State())

    init(id: String, _ opening: Opening) {
        self.id = id
        self.opening = opening
    }

    // MARK: Calls

    func add(_ requestID: ArraySlice<UInt8>, cancel: @escaping @Sendable () -> Void) {
        state.withLock { $0.calls[Array(requestID)] = cancel }
    }

    func remove(_ requestID: ArraySlice<UInt8>) {
        state.withLock { $0.calls[Array(requestID)] = nil }
    }

    func cancel(_ requestID: ArraySlice<UInt8>) {
        let cancel = state.withLock { $0.calls[Array(requestID)] }
        cancel?()
    }

    var isQuiet: Bool { state.withLock { $0.calls.isEmpty && $0.asks.values.allSatisfy(\.isOver) } }

    // MARK: Streams

    /// A stream for what belongs to one request; the oldest that has ended makes room for it.
    ///
    /// While none has, the stream is one that nobody can come back to.
    func makeStream() -> MCPStream {
        state.withLock { state in
            if state.order.count >= Self.mostStreams {
                guard let index = state.order.firstIndex(where: { state.streams[$0]?.isEnded ?? true }) else {
                    return MCPStream()
                }
                state.streams[state.order.remove(at: index)] = nil
            }
            state.lastStream += 1
            let name = String(state.lastStream)
            let stream = MCPStream(name: name)
            state.streams[name] = stream
            state.order.append(name)
            return stream
        }
    }

    /// Forgets a stream that turned out not to be needed.
    func drop(_ stream: MCPStream) {
        guard let name = stream.name else { return }
        state.withLock { state in
            state.streams[name] = nil
            state.order.removeAll { $0 == name }
        }
    }

    /// The stream that an event belongs to, and its number there; nil for one that is not known any more.
    func stream(ofEvent id: String) -> (stream: MCPStream, number: Int)? {
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int(parts[1]), number >= 0 else { return nil }
        if parts[0] == "0" { return (general, number) }
        return state.withLock { $0.streams[String(parts[0])] }.map { ($0, number) }
    }

    // MARK: Questions

    /// Sends a request of an extension to the client over a stream; its answer comes in a request of its own.
    func send(_ ask: MCPAsk, over stream: MCPStream) {
        let number = state.withLock { state -> Int? in
            if state.asks.count >= Self.mostAsks { state.asks = state.asks.filter { !$0.value.isOver } }
            guard !state.isEnded, state.asks.count < Self.mostAsks else { return nil }
            state.lastAsk += 1
            state.asks["heddle-\(state.lastAsk)"] = ask
            return state.lastAsk
        }
        guard let number else {
            return ask.refuse(MCPFailure(code: MCPErrorCode.internalError.rawValue, message: "the client is not there"))
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("jsonrpc")
        writer.string("2.0")
        writer.name("id")
        writer.string("heddle-\(number)")
        writer.name("method")
        writer.string(ask.method)
        if let params = ask.params {
            writer.name("params")
            writer.raw(params)
        }
        writer.endObject()
        stream.send(writer.bytes)
    }

    /// The client answered; false when nobody asked.
    func answer(_ id: JSONView?, _ outcome: Result<[UInt8], MCPFailure>) -> Bool {
        guard let name = id?.string, let ask = state.withLock({ $0.asks.removeValue(forKey: name) }) else {
            return false
        }
        switch outcome {
        case .success(let result): ask.answer(result)
        case .failure(let failure): ask.refuse(failure)
        }
        return true
    }

    // MARK: Settings

    /// From which level on the client wants log messages; nil before it said so.
    var logLevel: MCPLogLevel? { state.withLock(\.logLevel) }
    func setLogLevel(_ level: MCPLogLevel) { state.withLock { $0.logLevel = level } }

    /// The resources that the client is told of when they change.
    func subscribe(_ uri: String, of name: String) -> Bool {
        state.withLock { state in
            guard !state.isEnded, state.subscriptions.count < Self.mostSubscriptions else { return false }
            return state.subscriptions.updateValue(name, forKey: uri) == nil
        }
    }
    func unsubscribe(_ uri: String) -> String? { state.withLock { $0.subscriptions.removeValue(forKey: uri) } }
    func isSubscribed(_ uri: String) -> Bool { state.withLock { $0.subscriptions[uri] != nil } }

    // MARK: The end

    /// Ends what runs in it, and returns the resources that its client heard of.
    @discardableResult
    func end() -> [String: String] {
        let left = state.withLock { state in
            defer { state = State(isEnded: true) }
            return state
        }
        for cancel in left.calls.values { cancel() }
        for ask in left.asks.values {
            ask.refuse(MCPFailure(code: MCPErrorCode.internalError.rawValue, message: "the client is gone"))
        }
        for stream in left.streams.values { stream.end() }
        general.end()
        return left.subscriptions
    }
}

/// How bad something is that a log tells of (RFC 5424 §6.2.1).
enum MCPLogLevel: String, CaseIterable, Comparable, Sendable {
    case debug, info, notice, warning, error, critical, alert, emergency

    static func < (left: MCPLogLevel, right: MCPLogLevel) -> Bool { left.rank < right.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
