import HTTPTypes

/// What a request that may take the ``InvocationLane`` asks for, read from its head.
enum LaneRequest: Sendable, Equatable {
    case capability(InvocationTarget)
    /// A message at `/mcp`, which may turn out to be something else than a call.
    case mcp

    /// Recognises what may be a plain call; nil for everything that needs the router: bodies of unknown or great length,
    /// expectations, keys, and connections that are to be closed.
    init?(_ head: HTTPRequest, largestBody: Int) {
        let fields = head.headerFields
        guard head.method == .post, let path = head.path,
            let length = fields[.contentLength].flatMap(Int.init), (0...largestBody).contains(length),
            fields[.connection].map({ $0.lowercased() == "keep-alive" }) ?? true, fields[.expect] == nil,
            fields[.transferEncoding] == nil
        else { return nil }
        if path == "/mcp" {
            self = .mcp
        } else if let target = InvocationTarget(path), fields[.idempotencyKey] == nil {
            self = .capability(target)
        } else {
            return nil
        }
    }
}
