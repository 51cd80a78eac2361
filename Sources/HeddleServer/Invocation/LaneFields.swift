import HTTPTypes
import NIOHTTP1

/// The header fields that decide about the road of a request, found in one pass: each look-up by name goes through all of
/// them.
struct LaneFields: Sendable {
    private(set) var contentLength: String?
    private(set) var host: String?
    private(set) var origin: String?
    private(set) var authorization: String?
    /// Whether there is an `Idempotency-Key`.
    private(set) var hasKey = false
    /// Whether the connection is to be closed or changed, the body is of unknown length, or the client waits to be asked for it.
    private(set) var needsRouter = false

    /// Reads the head; nil when a field that counts is there twice.
    init?(_ head: HTTPRequestHead) {
        for (name, value) in head.headers {
            switch name.utf8.count {
            case 4 where Self.isEqual(name, "host"): guard Self.set(&host, value) else { return nil }
            case 6 where Self.isEqual(name, "origin"): guard Self.set(&origin, value) else { return nil }
            case 6 where Self.isEqual(name, "expect"): needsRouter = true
            case 10 where Self.isEqual(name, "connection"):
                if value != "keep-alive", value.lowercased() != "keep-alive" { needsRouter = true }
            case 13 where Self.isEqual(name, "authorization"):
                guard Self.set(&authorization, value) else { return nil }
            case 14 where Self.isEqual(name, "content-length"):
                guard Self.set(&contentLength, value) else { return nil }
            case 15 where Self.isEqual(name, "idempotency-key"): hasKey = true
            case 17 where Self.isEqual(name, "transfer-encoding"): needsRouter = true
            default: break
            }
        }
    }

    private static func set(_ field: inout String?, _ value: String) -> Bool {
        guard field == nil else { return false }
        field = value
        return true
    }

    /// Whether a name is the one that is given in lower case; names hold letters and dashes where it matters.
    private static func isEqual(_ name: String, _ lowered: StaticString) -> Bool {
        let expected = UnsafeBufferPointer(start: lowered.utf8Start, count: lowered.utf8CodeUnitCount)
        return name.utf8.elementsEqual(expected) { $0 | 0x20 == $1 }
    }

    /// The fields that say something to the MCP endpoint.
    static func forMCP(_ head: HTTPRequestHead) -> HTTPFields {
        var fields: HTTPFields = [:]
        for (name, value) in head.headers where isEqual(name, "accept") || isEqual(name.prefix(4), "mcp-") {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        return fields
    }

    private static func isEqual(_ name: Substring, _ lowered: StaticString) -> Bool { isEqual(String(name), lowered) }
}
