import HeddleModel
import JSON
import NIOCore

/// One request under way, from its sending to its one answer.
///
/// Only touched on the connection's event loop, except for the fields that never change.
final class MCPCall {
    let id: Int
    let timeout: Duration
    /// The moment after which not even progress keeps the call alive.
    private(set) var hardDeadline: NIODeadline
    /// What the extension asked and has no answer to yet, by the number that it got here.
    private(set) var asks: [Int: MCPAsk] = [:]
    /// When the first of those was asked: the time of a person is not the extension's.
    private var pausedAt: NIODeadline?
    let progress: (@Sendable (JSONView) -> Void)?
    let isCancellable: Bool
    /// The client behind the call, if it can be reached.
    let port: MCPClientPort?
    /// Whether there is a client at all, and not Heddle itself.
    let isForClient: Bool

    var deadline: NIODeadline
    /// Told the answer, once, on the event loop.
    var completion: (@Sendable (Result<MCPOutcome, any Error>) -> Void)?
    /// The caller went away, perhaps before the request was even sent.
    var isCancelled = false

    init(
        id: Int,
        timeout: Duration,
        maximumTimeout: Duration,
        isCancellable: Bool,
        port: MCPClientPort? = nil,
        isForClient: Bool = false,
        progress: (@Sendable (JSONView) -> Void)?
    ) {
        self.id = id
        self.timeout = timeout
        self.isCancellable = isCancellable
        self.port = port
        self.isForClient = isForClient
        self.progress = progress
        let now = NIODeadline.now()
        deadline = now + TimeAmount(timeout)
        hardDeadline = now + TimeAmount(max(timeout, maximumTimeout))
    }

    /// Progress was seen, so the call lives on, within its hard bound.
    func extend() {
        guard pausedAt == nil else { return }
        deadline = min(hardDeadline, NIODeadline.now() + TimeAmount(timeout))
    }

    /// The extension waits for somebody's answer; meanwhile another bound holds.
    func pause(for ask: MCPAsk, _ number: Int, atMost patience: Duration) {
        asks[number] = ask
        guard pausedAt == nil else { return }
        let now = NIODeadline.now()
        pausedAt = now
        deadline = now + TimeAmount(patience)
    }

    /// An answer went to the extension; with the last of them its time goes on.
    func resume(_ number: Int) {
        guard asks.removeValue(forKey: number) != nil, asks.isEmpty, let began = pausedAt else { return }
        let now = NIODeadline.now()
        pausedAt = nil
        hardDeadline = hardDeadline + (now - began)
        deadline = min(hardDeadline, now + TimeAmount(timeout))
    }

    private static let over = MCPFailure(code: MCPErrorCode.internalError.rawValue, message: "the call is over")

    /// Gives the caller its answer; only the first one counts.
    func finish(_ result: Result<MCPOutcome, any Error>) {
        let (told, left) = (completion, asks.values)
        completion = nil
        asks = [:]
        for ask in left { ask.refuse(Self.over) }
        told?(result)
    }
}
