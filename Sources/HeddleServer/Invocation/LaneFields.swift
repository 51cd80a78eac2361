import HTTPTypes

/// The header fields that decide about the road of a request, found in one pass: each look-up by name goes through all of
/// them.
struct LaneFields: Sendable {
    private(set) var contentLength: String?
    private(set) var origin: String?
    private(set) var authorization: String?
    /// Whether there is an `Idempotency-Key`.
    private(set) var hasKey = false
    /// Whether the connection is to be closed or changed, the body is of unknown length, or the client waits to be asked for it.
    private(set) var needsRouter = false

    /// Reads the head; nil when a field that counts is there twice.
    init?(_ head: HTTPRequest) {
        for field in head.headerFields {
            // Names are in lower case here.
            switch field.name.canonicalName {
            case "content-length":
                guard contentLength == nil else { return nil }
                contentLength = field.value
            case "authorization":
                guard authorization == nil else { return nil }
                authorization = field.value
            case "origin":
                guard origin == nil else { return nil }
                origin = field.value
            case "connection": if field.value.lowercased() != "keep-alive" { needsRouter = true }
            case "idempotency-key": hasKey = true
            case "expect", "transfer-encoding": needsRouter = true
            default: break
            }
        }
    }
}
