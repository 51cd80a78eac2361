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
    let hardDeadline: NIODeadline
    let progress: (@Sendable (JSONView) -> Void)?
    let isCancellable: Bool

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
        progress: (@Sendable (JSONView) -> Void)?
    ) {
        self.id = id
        self.timeout = timeout
        self.isCancellable = isCancellable
        self.progress = progress
        let now = NIODeadline.now()
        deadline = now + TimeAmount(timeout)
        hardDeadline = now + TimeAmount(max(timeout, maximumTimeout))
    }

    /// Progress was seen, so the call lives on, within its hard bound.
    func extend() {
        deadline = min(hardDeadline, NIODeadline.now() + TimeAmount(timeout))
    }

    /// Gives the caller its answer; only the first one counts.
    func finish(_ result: Result<MCPOutcome, any Error>) {
        let told = completion
        completion = nil
        told?(result)
    }
}
