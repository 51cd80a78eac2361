import NIOHTTP1

/// What a request that may take the ``InvocationLane`` asks for, read from its head.
enum LaneRequest: Sendable, Equatable {
    case capability(InvocationTarget)
    /// A message at `/mcp`, which may turn out to be something else than a call.
    case mcp

    /// Recognises what may be a plain call; nil for everything that needs the router: bodies of unknown or great length,
    /// expectations, keys, and connections that are to be closed.
    init?(_ head: HTTPRequestHead, _ fields: LaneFields, largestBody: Int) {
        guard head.method == .POST, head.version == .http1_1, !fields.needsRouter,
            let length = fields.contentLength.flatMap(Int.init), (0...largestBody).contains(length)
        else { return nil }
        if head.uri == "/mcp" {
            self = .mcp
        } else if let target = InvocationTarget(head.uri), !fields.hasKey {
            self = .capability(target)
        } else {
            return nil
        }
    }
}
