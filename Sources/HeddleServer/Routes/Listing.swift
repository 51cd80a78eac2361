import HeddleModel
import HeddleSecurity
import Hummingbird
import JSON

/// One page of a list, continued by the name of its last item.
struct Listing {
    static let query = ["limit", "cursor", "total"]

    let limit: Int
    let after: String?
    let wantsTotal: Bool

    /// Reads the query.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest`.
    init(_ request: Request) throws(HeddleError) {
        limit = try request.integer("limit", in: 1...100, default: 20)
        wantsTotal = request.uri.queryParameters["total"] == "true"
        guard let cursor = request.uri.queryParameters["cursor"], !cursor.isEmpty else {
            after = nil
            return
        }
        guard let text = Self.decode(cursor) else {
            throw HeddleError(.invalidRequest, "'cursor' is not one that a list gave", details: ["field": "cursor"])
        }
        after = text
    }

    /// The page of items that are in the order of their keys.
    func page<Item>(_ items: [Item], key: (Item) -> String, value: (Item) -> JSONValue) -> JSONValue {
        let rest = after.map { after in items.drop { key($0) <= after } } ?? items[...]
        let page = rest.prefix(limit)
        let hasMore = rest.count > page.count
        var result = JSONObject(members: [
            .init(name: "items", value: .array(page.map(value))),
            .init(
                name: "next_cursor",
                value: hasMore ? page.last.map { .string(Self.encode(key($0))) } ?? .null : .null
            ),
            .init(name: "has_more", value: .bool(hasMore)),
        ])
        if wantsTotal { result["total"] = .integer(items.count) }
        return .object(result)
    }

    /// Hexadecimal, so that nobody is tempted to read it, and it needs no escaping.
    private static func encode(_ text: String) -> String { text.utf8.hexadecimal }

    private static func decode(_ cursor: Substring) -> String? {
        guard cursor.utf8.count.isMultiple(of: 2), cursor.utf8.count <= 1024 else { return nil }
        var bytes: [UInt8] = []
        var rest = cursor
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
