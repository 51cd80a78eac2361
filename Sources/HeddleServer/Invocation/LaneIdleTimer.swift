import NIOCore
import NIOHTTP1

/// Tells when nothing has happened on a connection for a while.
struct LaneIdleTimer {
    private let timeout: TimeAmount
    private var last = NIODeadline.now()
    private var next: Scheduled<Void>?
    /// Whether the head of a request is there and its end is not.
    private(set) var isReading = false

    init(timeout: TimeAmount) {
        self.timeout = timeout
    }

    /// Something came.
    mutating func read(_ part: HTTPServerRequestPart) {
        touch()
        switch part {
        case .head: isReading = true
        case .body: break
        case .end: isReading = false
        }
    }

    /// Something happened.
    mutating func touch() { last = .now() }

    var isOver: Bool { NIODeadline.now() - last >= timeout }

    /// Calls back at the next moment at which the time may be over.
    mutating func schedule(on loop: any EventLoop, _ look: @escaping @Sendable () -> Void) {
        let due = max(last + timeout, .now() + .milliseconds(100))
        next = loop.scheduleTask(deadline: due, look)
    }

    mutating func cancel() { next?.cancel() }
}
