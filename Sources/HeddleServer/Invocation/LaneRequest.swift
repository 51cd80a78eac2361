import NIOHTTP1

/// What a request that may take the ``InvocationLane`` asks for, read from its head.
enum LaneRequest: Sendable, Equatable {
    case capability(InvocationTarget)
    /// A message at `/mcp`, which may turn out to be something else than a call.
    case mcp(MCPScope)
    /// A context that may be kept in memory, by what stands where its id should.
    case context(String)

    private static let extensions = "/mcp/extensions/"
    private static let contexts = "/api/v1/contexts/"
    /// The length of a UUID.
    private static let idLength = 36

    /// Whether an MCP client asks.
    var isMCP: Bool {
        guard case .mcp = self else { return false }
        return true
    }

    /// Recognises what may be a plain call; nil for everything that needs the router: bodies of unknown or great length,
    /// expectations, keys, and connections that are to be closed.
    init?(_ head: HTTPRequestHead, _ fields: LaneFields, largestBody: Int) {
        guard head.version == .http1_1, !fields.needsRouter else { return nil }
        if head.method == .GET {
            guard fields.contentLength == nil, head.uri.utf8.count == Self.contexts.utf8.count + Self.idLength,
                head.uri.utf8.starts(with: Self.contexts.utf8)
            else { return nil }
            self = .context(String(head.uri.dropFirst(Self.contexts.count)))
            return
        }
        guard head.method == .POST, let length = fields.contentLength.flatMap(Int.init),
            (0...largestBody).contains(length)
        else { return nil }
        if head.uri == "/mcp" {
            self = .mcp(.all)
        } else if head.uri.utf8.starts(with: Self.extensions.utf8) {
            self = .mcp(.one(String(head.uri.dropFirst(Self.extensions.count))))
        } else if let target = InvocationTarget(head.uri), !fields.hasKey {
            self = .capability(target)
        } else {
            return nil
        }
    }
}
